/** The public face of the room's other database: LangGraph's checkpoints in PostgreSQL, which are not ours. */
export { openCheckpoints, isTooSlow, CheckpointDatabaseError, type CheckpointConnection } from './open.ts';
export { checkpointShape } from './shape.ts';
export { nextThreadId, threadPage } from './threads.ts';
export { countRemovable, removeThreads } from './remove-threads.ts';
export { countPrunable, pruneThreads } from './prune-threads.ts';
