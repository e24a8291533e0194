/** What the workflow bundle holds. The exported names are the workflow types. */
export { fileRun } from './file-run.ts';
export { fileUpkeep } from './file-upkeep.ts';
export { agedFilesCleanup, backups, conversationsCleanup, resultsCleanup, resultsReport } from './jobs.ts';
export { pruneHistory } from './prune-history.ts';
export { session } from './session.ts';
export { sweep } from './sweep.ts';
