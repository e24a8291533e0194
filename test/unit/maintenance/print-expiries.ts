/** Prints what each value, a JSON list in the first argument, says in the time zone that TZ names. */
import { resultExpiry } from '../../../domain/result-expiry.ts';

const values = JSON.parse(process.argv[2] ?? '[]') as unknown[];
console.log(JSON.stringify(values.map(resultExpiry)));
