import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './run-command.ts';

/** The command line, read strictly; throws {@link UsageError} with the usage for what it does not know. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  try {
    return parseArgs({ args: process.argv.slice(2), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
