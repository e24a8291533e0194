/**
 * The one clock of a history: milliseconds that never jump, the same in every process of this machine, and close
 * to the wall clock of the moment the run began.
 */
const NANOSECONDS = 1e6;

/** What the machine's steady clock says, in milliseconds; the same for all processes. */
function steadyMs(): number {
  return Number(process.hrtime.bigint()) / NANOSECONDS;
}

/** Where the clock of this run starts: handed to the processes that have to agree. */
export const CLOCK_BASE_MS = Date.now() - steadyMs();

export function now(): number {
  return CLOCK_BASE_MS + steadyMs();
}
