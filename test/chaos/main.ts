/** `npm run chaos`: schedules of calls and troubles, each with a history that is checked. */
import { check } from './check/check.ts';
import { readHistory } from './history/read.ts';
import { proveChecker } from './mutations/prove.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import { runSeeds, tell } from './run.ts';

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

function checkFile(file: string): boolean {
  const history = readHistory(file);
  const findings = check(history);
  tell(history, findings);
  console.log(`${file}: ${history.calls.length} calls, ${findings.length} violations`);
  return findings.length === 0;
}

const options = optionsOrExit();
const clean =
  options.check !== null
    ? checkFile(options.check)
    : options.mutations
      ? await proveChecker(options)
      : await runSeeds(options);
process.exit(clean ? 0 : 1);
