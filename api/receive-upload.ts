import type { FastifyRequest } from 'fastify';
import { FORM_OVERHEAD_BYTES, type UploadField } from '../contract/uploads.ts';
import { RequestInvalid } from '../contract/request-invalid.ts';
import { isServiceError, ServiceError } from '../domain/errors.ts';
import { ANONYMOUS } from '../domain/upload.ts';
import type { FileMeter, Files } from '../files/contract.ts';
import type { Spool } from '../files/spool.ts';
import { throwAway } from './throw-away.ts';
import { readForm, type FilePart, type Form } from './upload-form.ts';

export interface ReceiveOptions {
  readonly files: Pick<Files, 'checkName' | 'largestBytes'>;
  readonly spool: Spool;
  readonly meter: Pick<FileMeter, 'attempted' | 'refused'>;
  /** How long the body may take. */
  readonly limitMs: number;
}

/** A whole form; whoever has it removes the file. */
export interface ReceivedUpload extends FilePart {
  /** Null where absent or empty. */
  readonly field: (name: UploadField) => string | null;
}

/**
 * Receives an upload whole. A failure leaves nothing behind and is counted: the codes of `readForm`, `UPLOAD_TIMEOUT`
 * for a body that does not come in time, and `FILE_TOO_LARGE`. It is thrown once the client has had the chance to send
 * what it had to send.
 */
export async function receiveUpload(
  request: FastifyRequest,
  options: ReceiveOptions,
): Promise<ReceivedUpload> {
  const form: Form = { fields: new Map(), part: undefined };
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new ServiceError('UPLOAD_TIMEOUT'));
  }, options.limitMs);
  try {
    const part = await read(request, form, { ...options, stop });
    return { ...part, field: (name) => form.fields.get(name) ?? null };
  } catch (error) {
    await form.part?.file.remove();
    const told: unknown = stop.signal.aborted ? stop.signal.reason : error;
    options.meter.attempted('none', form.fields.get('user_id') ?? ANONYMOUS);
    options.meter.refused(reasonOf(told));
    if (isServiceError(told, 'SPOOL_UNAVAILABLE')) complain(request, told);
    if (!isServiceError(told, 'UPLOAD_TIMEOUT')) await letClientFinish(request);
    throw told;
  } finally {
    clearTimeout(timer);
  }
}

type Reading = ReceiveOptions & { readonly stop: AbortController };

async function read(request: FastifyRequest, form: Form, reading: Reading): Promise<FilePart> {
  const { files, spool, stop } = reading;
  const maxBytes = files.largestBytes();
  limitBody(request, maxBytes + FORM_OVERHEAD_BYTES, stop);
  return readForm(request, form, {
    checkName: (filename) => {
      files.checkName(filename);
    },
    receive: (stream) => spool.receive(stream, { maxBytes }),
    signal: stop.signal,
  });
}

/** A body that is told or found to be larger than any form may be is not read further. */
function limitBody({ raw }: FastifyRequest, maxBytes: number, stop: AbortController): void {
  let bytes = 0;
  const tooLarge = new ServiceError('FILE_TOO_LARGE');
  if (Number(raw.headers['content-length'] ?? 0) > maxBytes) throw tooLarge;
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) stop.abort(tooLarge);
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof RequestInvalid) return 'REQUEST_INVALID';
  return isServiceError(error) ? error.code : 'INTERNAL';
}

/** The caller learns no more than that there is no room; why is for whoever runs the service. */
function complain({ log, id }: FastifyRequest, { cause }: ServiceError): void {
  log.error({ event: 'spool_unavailable', request_id: id, err: cause }, 'an upload cannot be received');
}

async function letClientFinish({ raw }: FastifyRequest): Promise<void> {
  raw.unpipe();
  await throwAway(raw);
}
