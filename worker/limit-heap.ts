import { setFlagsFromString } from 'node:v8';

/**
 * MiB of old space for the thread that runs the workflows. By default V8 takes its share of the machine's memory
 * for the limit (4 GiB here) and collects accordingly late: with a few dozen cached workflows of about 0.35 MB, and what
 * the bundle needs, this leaves more than half of it for garbage.
 */
const WORKFLOW_HEAP_MIB = 192;

/** Bounds the heap of threads that start from now on; that of the main thread stands since the start. */
export function limitHeap(): void {
  setFlagsFromString(`--max-old-space-size=${WORKFLOW_HEAP_MIB}`);
}
