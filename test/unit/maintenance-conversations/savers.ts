/** Threads written by LangGraph's own savers. */
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  emptyCheckpoint,
  type BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
} from '@langchain/langgraph-checkpoint';
import { uuid6At } from './ages.ts';

/** As much of a saver as a chat needs. */
export type ThreadSaver = Pick<BaseCheckpointSaver, 'put' | 'putWrites' | 'getTuple'>;

export const DAY_MS = 86_400_000;
/** The time at which the tests clean up. */
export const NOW_MS = Date.UTC(2025, 10, 28, 3);
export const daysAgo = (days: number) => NOW_MS - days * DAY_MS;

export interface Put {
  readonly threadId: string;
  readonly namespace?: string;
  readonly id: string;
  readonly ts?: string;
  readonly v?: number;
  readonly parentId?: string;
  readonly metadata?: Record<string, unknown>;
  /** Values of channels that changed with this checkpoint, each with its new version. */
  readonly changed?: Readonly<Record<string, { readonly value: unknown; readonly version: number }>>;
  /** Versions of channels that stayed as they were. */
  readonly unchanged?: Readonly<Record<string, number>>;
}

/** One checkpoint, as the saver writes it at the end of a step. */
export async function put(saver: ThreadSaver, wish: Put): Promise<RunnableConfig> {
  const changed = Object.entries(wish.changed ?? {});
  const newVersions = Object.fromEntries(changed.map(([name, { version }]) => [name, version]));
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id: wish.id,
    ts: wish.ts ?? 'at some time',
    v: wish.v ?? 4,
    channel_values: Object.fromEntries(changed.map(([name, { value }]) => [name, value])),
    channel_versions: { ...wish.unchanged, ...newVersions },
  };
  const metadata = { source: 'loop', step: 1, parents: {}, ...wish.metadata } as CheckpointMetadata;
  const config = configOf(wish.threadId, wish.namespace, wish.parentId);
  return saver.put(config, checkpoint, metadata, newVersions);
}

export function configOf(threadId: string, namespace = '', id?: string): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
}

/** A thread with a checkpoint for each moment, each with a write behind it; the ids of the checkpoints. */
export async function chat(
  saver: ThreadSaver,
  threadId: string,
  moments: readonly number[],
  namespace = '',
): Promise<readonly string[]> {
  let parentId: string | undefined;
  const ids: string[] = [];
  for (const [index, ms] of moments.entries()) {
    const id = uuid6At(ms, BigInt(index));
    const changed = { messages: { value: [`message ${index} of ${threadId}`], version: index + 1 } };
    const unchanged = index === 0 ? {} : { topic: 1 };
    const first = index === 0 ? { topic: { value: `topic of ${threadId}`, version: 1 } } : {};
    const written = { threadId, namespace, id, changed: { ...changed, ...first }, unchanged };
    const config = await put(saver, parentId === undefined ? written : { ...written, parentId });
    await saver.putWrites(config, [['messages', `write ${index}`]], `task-${index}`);
    ids.push(id);
    parentId = id;
  }
  return ids;
}

/** What a chat service gets when it goes on with a thread. */
export async function load(saver: ThreadSaver, threadId: string, namespace = '') {
  const tuple = await saver.getTuple(configOf(threadId, namespace));
  if (tuple === undefined) return undefined;
  const { checkpoint, pendingWrites = [], parentConfig } = tuple;
  return {
    id: checkpoint.id,
    values: checkpoint.channel_values,
    writes: pendingWrites.map(([, channel, value]) => [channel, value]),
    hasParent: parentConfig !== undefined,
  };
}
