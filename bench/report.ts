import { cpus, totalmem, release } from 'node:os';
import { shown } from './statistics.ts';

export interface Target {
  readonly text: string;
  readonly reached: boolean;
}

/** Prints as it goes, so that a run that is cut short still tells something. */
export interface Report {
  line(text: string): void;
  rate(name: string, result: { perSecond: number; p50Ms: number; p99Ms: number; failures: number }): void;
  target(
    name: string,
    measured: number,
    target: { readonly op: '>=' | '<='; readonly bound: number; readonly unit?: string },
  ): void;
  readonly targets: readonly Target[];
}

function environment(): string {
  const processors = cpus();
  return [
    `Node ${process.version}, ${process.platform} ${release()}`,
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
  ].join('; ');
}

/** A report on the terminal; begins with the environment. */
export function openReport(print: (line: string) => void): Report {
  const targets: Target[] = [];
  print(`environment: ${environment()}`);
  print(
    'limits: 16 connections, 200 sessions, load generator on the same machine, every durability setting on',
  );
  return {
    targets,
    line: print,
    rate: (name, result) => {
      const failures = result.failures === 0 ? '' : `   ${result.failures} FAILED`;
      print(
        `  ${name.padEnd(44)} ${shown(result.perSecond).padStart(7)}/s   p50 ${shown(result.p50Ms)} ms   p99 ${shown(result.p99Ms)} ms${failures}`,
      );
    },
    target: (name, measured, { op, bound, unit = '' }) => {
      const reached = op === '>=' ? measured >= bound : measured <= bound;
      const text = `${reached ? 'reached' : 'MISSED '}  ${name}: ${shown(measured)}${unit} (${op} ${bound}${unit})`;
      targets.push({ text, reached });
      print(`    ${text}`);
    },
  };
}
