import { decode, ExtData } from '@msgpack/msgpack';

/** What the cleanup wants to know of the serialised checkpoint that the SQLite savers store. */
export interface CheckpointBody {
  readonly ts: unknown;
  /** Version of LangGraph's format. */
  readonly v: unknown;
  /** A channel holds a snapshot of a DeltaChannel. */
  readonly snapshots: boolean;
}

/** The number under which LangGraph for Python stores a snapshot of a DeltaChannel. */
const SNAPSHOT_EXTENSION = 7;

/**
 * Reads a checkpoint as the column `type` names it: `json` by LangGraph.js, `msgpack` by LangGraph for Python.
 * `undefined` for what is anything else, encrypted or broken.
 */
export function readBody(type: unknown, body: unknown): CheckpointBody | undefined {
  const value = parse(type, body);
  if (!isRecord(value)) return undefined;
  const channels = isRecord(value['channel_values']) ? Object.values(value['channel_values']) : [];
  return { ts: value['ts'], v: value['v'], snapshots: channels.some(isSnapshot) };
}

function parse(type: unknown, body: unknown): unknown {
  try {
    if (type === 'json' || type === null) return JSON.parse(textOf(body)) as unknown;
    if (type === 'msgpack' && body instanceof Uint8Array) {
      return decode(body, { mapKeyConverter: (key) => String(key) });
    }
  } catch {
    // Told by the answer: nothing can be read of it.
  }
  return undefined;
}

function textOf(body: unknown): string {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  return typeof body === 'string' ? body : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSnapshot(value: unknown): boolean {
  if (value instanceof ExtData) return value.type === SNAPSHOT_EXTENSION;
  return isRecord(value) && value['lc'] === 2 && value['type'] === 'delta_snapshot';
}
