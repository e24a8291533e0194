import type { Multipart, MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { addAbortSignal } from 'node:stream';
import { isUploadField, MAX_FIELD_BYTES, readUploadField, type UploadField } from '../contract/uploads.ts';
import { isServiceError, ServiceError } from '../domain/errors.ts';
import type { SpooledFile } from '../files/spool.ts';
import { mimeTypeOf } from './mime-type.ts';

/** What has come of a form so far. */
export interface Form {
  readonly fields: Map<UploadField, string | null>;
  part: FilePart | undefined;
}
export interface FilePart {
  readonly file: SpooledFile;
  readonly filename: string;
  readonly mimeType: string;
}

export interface ReadOptions {
  /** Throws where a file of this name is not taken. */
  readonly checkName: (filename: string) => void;
  readonly receive: (stream: MultipartFile['file']) => Promise<SpooledFile>;
  /** Ends the reading, whatever it waits for. */
  readonly signal: AbortSignal;
}

/** Four fields and a file; one of each more is enough to be noticed. */
const LIMITS = {
  fields: 4,
  fieldSize: MAX_FIELD_BYTES,
  fileSize: Infinity,
  files: 1,
  parts: 16,
  headerPairs: 16,
};
/** A part of this name is the file, also where it does not say how the file is called. */
const FILE = 'file';
const PARSER = {
  // Path parts have to be seen in order to be refused.
  preservePath: true,
  limits: LIMITS,
  isPartAFile: (name?: string, _type?: string, filename?: string) => filename !== undefined || name === FILE,
};

/**
 * Reads the form of a request into `form`, up to the end of the body, which may come behind the form's own. Throws
 * `MULTIPART_INVALID`, `FILE_EMPTY`, what the options throw, and RequestInvalid. Whatever has come by then is the
 * caller's to remove.
 */
export async function readForm(request: FastifyRequest, form: Form, options: ReadOptions): Promise<FilePart> {
  if (!request.isMultipart()) throw invalid('The body is not of the type multipart/form-data.');
  const stopped = rejectionOf(options.signal);
  const parts = request.parts(PARSER);
  for (;;) {
    const next = await Promise.race([parts.next().catch(blameTheBody), stopped]);
    if (next.done === true) break;
    await readPart(next.value, form, options);
  }
  if (form.part === undefined) throw invalid('There is no part `file`.');
  return form.part;
}

async function readPart(part: Multipart, form: Form, options: ReadOptions): Promise<void> {
  if (part.type === 'field') addField(part, form);
  else await addFile(part, form, options);
}

function addField(part: MultipartValue, { fields }: Form): void {
  const { fieldname: name, value, valueTruncated } = part;
  if (!isUploadField(name)) throw invalid('There is a field of an unknown name.');
  if (fields.has(name)) throw invalid(`There are two fields \`${name}\`.`);
  if (valueTruncated) throw invalid(`The field \`${name}\` is too long.`);
  fields.set(name, readUploadField(name, value));
}

async function addFile(part: MultipartFile, form: Form, options: ReadOptions): Promise<void> {
  if (part.fieldname !== FILE) throw invalid('There is a file under another name than `file`.');
  const filename = (part.filename as string | undefined) ?? '';
  options.checkName(filename);
  addAbortSignal(options.signal, part.file);
  const file = await options.receive(part.file).catch(blameTheBody);
  form.part = { file, filename, mimeType: mimeTypeOf(part.mimetype, filename) };
  if (file.sizeBytes === 0) throw new ServiceError('FILE_EMPTY');
}

const invalid = (detail: string): ServiceError => new ServiceError('MULTIPART_INVALID', { detail });

/** What the parser throws, and what it ends a stream with, are faults of the body. */
function blameTheBody(error: unknown): never {
  if (isServiceError(error)) throw error;
  throw new ServiceError('MULTIPART_INVALID', { cause: error });
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // nobody may be waiting when it comes
  signal.addEventListener('abort', () => {
    reject(signal.reason as Error);
  });
  return promise;
}
