import { join } from 'node:path';
import { check, type Finding } from './check/check.ts';
import { story } from './check/story.ts';
import { openRecorder } from './history/recorder.ts';
import { readHistory, type History } from './history/read.ts';
import type { Options } from './options.ts';
import { play } from './play/play.ts';
import { openProgress, type Played, type Progress } from './progress.ts';
import { startRig, type Rig } from './rig/rig.ts';
import { schedule } from './schedule/generate.ts';
import type { Schedule } from './schedule/contract.ts';
import { SETTINGS } from './settings.ts';

/** Stories told of one history: what follows is mostly the same once more. */
const MOST_STORIES = 3;

/** Prints how the promises were broken: one story of each invariant. */
export function tell(history: History, findings: readonly Finding[]): void {
  const firsts = [...Map.groupBy(findings, ({ invariant }) => invariant).values()].flatMap(
    ([first]) => first ?? [],
  );
  for (const finding of firsts.slice(0, MOST_STORIES)) console.log(story(history, finding));
  for (const { invariant, what } of findings) console.log(`  violated ${invariant}: ${what}`);
}

function troublesOf(history: History): Record<string, number> {
  const begun = history.troubles.filter(({ phase }) => phase === 'begin');
  return Object.fromEntries(
    [...Map.groupBy(begun, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]),
  );
}

async function playSeed(rig: Rig, plan: Schedule, to: { into: string; commit: string }): Promise<Played> {
  const { seed } = plan;
  const begin = performance.now();
  const recorder = openRecorder(join(to.into, 'histories', `${to.commit}-${seed}.jsonl`));
  await play(rig, plan, { recorder, commit: to.commit });
  recorder.close();
  const history = readHistory(recorder.file);
  const findings = check(history);
  const seconds = (performance.now() - begin) / 1000;
  tell(history, findings);
  const troubles = troublesOf(history);
  console.log(
    `seed ${seed}: ${findings.length === 0 ? 'clean' : `VIOLATED (${recorder.file})`}, ${history.calls.length} calls, ` +
      `${Object.values(troubles).reduce((sum, n) => sum + n, 0)} troubles, ${history.provider.length} provider calls, ` +
      `drained after ${(history.left.drainMs / 1000).toFixed(1)} s, ${seconds.toFixed(1)} s in all`,
  );
  const invariants = [...new Set(findings.map(({ invariant }) => invariant))];
  return { seed, clean: findings.length === 0, calls: history.calls.length, troubles, seconds, invariants };
}

function summary({ commit, played }: Progress): void {
  const kinds = new Map<string, number>();
  for (const { troubles } of played) {
    for (const [kind, n] of Object.entries(troubles)) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  }
  const broken = played.filter(({ clean }) => !clean);
  console.log(`\non ${commit}: ${played.length} schedules, ${played.length - broken.length} clean`);
  console.log(`calls: ${played.reduce((sum, { calls }) => sum + calls, 0)}`);
  for (const [kind, n] of [...kinds].toSorted()) console.log(`  ${kind}: ${n}`);
  for (const { seed, invariants } of broken) console.log(`seed ${seed} violated ${invariants.join(', ')}`);
}

/** Plays what was not clean already; true when all of it is. */
export async function runSeeds({ seeds, again, until, also, into }: Options): Promise<boolean> {
  const progress = openProgress(into);
  const done = new Set(progress.played.filter(({ clean }) => clean).map(({ seed }) => seed));
  const due = seeds.filter((seed) => again || !done.has(seed));
  console.log(`${due.length} of ${seeds.length} schedules to play on ${progress.commit}`);
  if (due.length === 0) return true;
  let rig = await startRig(SETTINGS);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log(`stopped by ${signal}`);
      void rig.stop().then(() => process.exit(130));
    });
  }
  const results: Played[] = [];
  try {
    for (const seed of due) {
      const played = await playSeed(rig, schedule(seed, also), { into, commit: progress.commit });
      progress.add(played);
      results.push(played);
      if (played.clean) continue;
      if (until !== null && played.invariants.includes(until)) break;
      // What is left of it must not trouble the next.
      await rig.stop();
      rig = await startRig(SETTINGS);
    }
  } catch (error) {
    console.error(rig.lastWords());
    throw error;
  } finally {
    await rig.stop();
  }
  summary(progress);
  return results.every(({ clean }) => clean);
}
