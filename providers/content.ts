import type OpenAI from 'openai';
import { withDeadline } from './call-deadline.ts';
import type { ProviderMeter } from './caller.ts';
import { classify } from './classify.ts';
import { ProviderFailure } from './failure.ts';
import type { ContentOptions } from './port.ts';
import { requireId } from './request.ts';

const OPERATION = 'file_content';

export interface ContentCall {
  readonly client: OpenAI;
  readonly apiKey: string;
  readonly meter: ProviderMeter;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function openBody(
  client: OpenAI,
  fileId: string,
  options: ContentOptions,
): Promise<Reader | undefined> {
  const response = await withDeadline(options, ({ signal, sending }) => {
    sending();
    return client.files.content(requireId(fileId), { signal });
  });
  return response.body?.getReader();
}

async function* chunksOf(
  reader: Reader,
  options: ContentOptions,
  endsAt: number,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for (;;) {
    const limits = { signal: options.signal, deadlineMs: endsAt - performance.now() };
    const { done, value } = await withDeadline(limits, ({ sending }) => {
      sending();
      return reader.read();
    });
    if (done) return;
    bytes += value.byteLength;
    if (bytes > options.maxBytes) {
      throw new ProviderFailure(`${OPERATION}: more than the expected ${options.maxBytes} bytes`, {
        kind: 'refused',
      });
    }
    yield value;
  }
}

/** The bytes of a file as they come; one deadline covers them all, and whoever stops early ends the connection. */
export async function* fileContent(
  { client, apiKey, meter }: ContentCall,
  fileId: string,
  options: ContentOptions,
): AsyncGenerator<Uint8Array, void> {
  const startedAt = performance.now();
  let outcome = 'ok';
  let reader: Reader | undefined;
  try {
    reader = await openBody(client, fileId, options);
    if (reader !== undefined) yield* chunksOf(reader, options, startedAt + options.deadlineMs);
  } catch (error) {
    const failure = classify(error, { operation: OPERATION, callClass: 'retrieve', apiKey });
    outcome = failure.kind;
    throw failure;
  } finally {
    // A connection that is gone already refuses to be given up.
    await reader?.cancel().catch(() => undefined);
    meter.call(OPERATION, outcome, performance.now() - startedAt);
  }
}
