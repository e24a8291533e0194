/**
 * Preloaded into the simulator: its journal tells the times of the history's own clock, which never jumps. The base
 * of that clock comes in this module's address, as `?base=<milliseconds>`.
 */
const base = Number(new URL(import.meta.url).searchParams.get('base'));

Date.now = () => base + Number(process.hrtime.bigint()) / 1e6;
