import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { badRequest } from './api-error.ts';
import type { Contents, Received } from './contents.ts';

/** A multipart form with one file. */
export interface ReceivedForm {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: (Received & { readonly filename: string; readonly truncated: boolean }) | undefined;
}

/** What browsers, and the SDKs after them, write in a name instead of the characters (whatwg/html, multipart/form-data). */
const ESCAPES: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

function unescaped(name: string): string {
  return name.replace(/%(22|0D|0A)/gi, (escape) => ESCAPES[escape.toUpperCase()] ?? escape);
}

interface Arriving {
  readonly filename: string;
  readonly stream: BusboyFileStream;
  readonly received: Promise<Received>;
}

const notAForm = () => badRequest('Invalid multipart form data.');

function parserOf(contentType: string, maxFileBytes: number): BusboyInstance | undefined {
  try {
    const limits = { fileSize: maxFileBytes };
    return new Busboy({ headers: { 'content-type': contentType }, preservePath: true, limits });
  } catch {
    return undefined;
  }
}

/** Resolves with whether the parser understood all of it; what it does not is read to its end and thrown away. */
function parsed(parser: BusboyInstance, incoming: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    parser.once('finish', () => resolve(true));
    parser.on('error', () => {
      incoming.unpipe(parser);
      incoming.resume();
      resolve(false);
    });
  });
}

export interface FormOptions {
  readonly contents: Contents;
  readonly maxFileBytes: number;
}

async function drained(incoming: IncomingMessage): Promise<void> {
  incoming.resume();
  await finished(incoming, { writable: false });
}

/** Has the parser take in the fields and the one file; what else there is is thrown away. */
function collect(parser: BusboyInstance, contents: Contents) {
  const fields = new Map<string, string>();
  const files: Arriving[] = [];
  parser.on('field', (name, value) => void fields.set(name, value));
  parser.on('file', (name, stream, filename = '') => {
    // A part that breaks off is told to the stream as well, also when nobody reads it any more.
    stream.on('error', () => undefined);
    if (name !== 'file' || files.length > 0) {
      stream.resume();
      return;
    }
    const received = contents.receive(stream);
    received.catch((error: unknown) => parser.destroy(error as Error));
    files.push({ filename, stream, received });
  });
  return { fields, files };
}

async function fileOf({ filename, stream, received }: Arriving): Promise<ReceivedForm['file']> {
  return { ...(await received), filename: unescaped(filename), truncated: stream.truncated };
}

/**
 * Receives a form, its file streamed to disk. Throws `ApiError` for what is no form, anything else where the client
 * went away.
 */
export async function receiveForm(
  incoming: IncomingMessage,
  { contents, maxFileBytes }: FormOptions,
): Promise<ReceivedForm> {
  const parser = parserOf(incoming.headers['content-type'] ?? '', maxFileBytes);
  if (parser === undefined) {
    await drained(incoming);
    throw notAForm();
  }
  const { fields, files } = collect(parser, contents);
  const understood = parsed(parser, incoming);
  try {
    const arrived = finished(incoming, { writable: false });
    incoming.pipe(parser);
    await arrived;
    if (!(await understood)) throw notAForm();
    const [first] = files;
    return { fields, file: first && (await fileOf(first)) };
  } catch (error) {
    for (const { stream, received } of files) {
      stream.destroy(error as Error);
      await received.then(contents.discard, () => undefined);
    }
    throw error;
  }
}
