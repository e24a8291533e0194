import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { nameProblem } from '../../../domain/file-name.ts';
import { ServiceError } from '../../../domain/errors.ts';
import type { Files } from '../../../files/contract.ts';
import { until } from '../../support/until.ts';
import { stubApp, type Options, type Stub } from './stub.ts';

const BOUNDARY = '----boundary7MA4YWxk';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Names are checked as the service does. */
export const checkName: Files['checkName'] = (filename) => {
  const problem = nameProblem(filename, ['txt', 'pdf', 'ts']);
  if (problem !== undefined) throw new ServiceError(problem);
};

export interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly body: string | Buffer;
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** One part as most clients write it. */
export function part({ name, filename, type, body }: Part): Buffer {
  const file = filename === undefined ? '' : `; filename="${latin1(filename)}"`;
  const lines = [
    `--${BOUNDARY}`,
    `Content-Disposition: form-data; name="${latin1(name)}"${file}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
  ];
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
}

export const END = Buffer.from(`--${BOUNDARY}--\r\n`);
/** A whole form. */
export const form = (...parts: Part[]): Buffer => Buffer.concat([...parts.map(part), END]);
/** The one part that every upload has. */
export const file = (body: string | Buffer, rest: Partial<Part> = {}): Part => ({
  name: 'file',
  filename: 'a.txt',
  type: 'text/plain',
  ...rest,
  body,
});

export interface Server extends Stub {
  readonly port: number;
}

/** The app, listening; closed by the caller. */
export async function listen(options: Options = {}): Promise<Server> {
  const stub = await stubApp(options);
  await stub.app.listen({ host: '127.0.0.1', port: 0 });
  const address = stub.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { ...stub, port: address.port };
}

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly json: { readonly code?: string; readonly detail?: unknown } & Record<string, unknown>;
}

/** The head of an upload's request; the body's length is told unless a header says otherwise. */
export function head(headers: Record<string, string>): string {
  const all = { Host: '127.0.0.1', Connection: 'close', 'Content-Type': FORM_TYPE, ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return `POST /files HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export interface Exchange {
  readonly socket: Socket;
  /** All that comes until the server ends the connection. */
  readonly text: Promise<string>;
  /** The same, where it is one answer. */
  readonly answered: Promise<Answer>;
}

/** An open connection, for bytes as they are. */
export function open(port: number): Exchange {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  const text = once(socket, 'close').then(() => Buffer.concat(chunks).toString());
  const answered = text.then(readAnswer);
  answered.catch(() => undefined); // of no interest where the text is read
  return { socket, text, answered };
}

function readAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const body = text.slice(end + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  return { status, head: text.slice(0, end), json: body === '' ? {} : (JSON.parse(body) as Answer['json']) };
}

/** Sends an upload as one body of known length. */
export async function upload(
  server: Server,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { socket, answered } = open(server.port);
  socket.write(head({ 'Content-Length': String(body.length), ...headers }));
  socket.write(body);
  return answered;
}

/** Files in the spool. */
export const spooled = ({ spoolFolder }: Stub): string[] =>
  readdirSync(spoolFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

/** Waits for the end of what may go on behind an answer: nothing is left, and the gauge is at 0. */
export async function quiet(server: Server): Promise<void> {
  await until(() => server.told.active === 0 && spooled(server).length === 0, {
    describe: () => `nothing left of an upload: ${server.told.active} active, ${spooled(server).join(' ')}`,
  });
}

/** What the metrics were told of an upload that the reception has turned down: it is counted once, and as no more. */
export function expectRefused(server: Server, code: string, user = 'anonymous'): void {
  expect(server.told.events).toEqual([
    ['attempted', 'none', user],
    ['refused', code],
  ]);
  expect(server.calls).toEqual([]);
}
