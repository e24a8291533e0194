/** Cleans a directory, the first argument, in threads, in a zone that the process learns of while it runs. */
import { applyTimeZone } from '../../../config/time-zone.ts';
import { inThreads } from './passes.ts';

const [, , root = '', zone = ''] = process.argv;
// What was computed before in the machine's own zone must not stick.
new Date().getHours();
applyTimeZone({ TZ: zone });
console.log(JSON.stringify((await inThreads({ root })).counts));
