/** Brings about what a schedule says goes wrong, and writes down when it began and when it was over. */
import { Client } from 'pg';
import { pauseFor } from '../at.ts';
import { TAG_SESSION } from '../../../domain/store-tags.ts';
import { FILE_UPKEEP } from '../../../workflows/messages.ts';
import { now } from '../clock.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Rig } from '../rig/rig.ts';
import { kindOf, type Planned, type Trouble, type Victim } from '../schedule/contract.ts';
import { terminateWorkflows } from './terminate.ts';

interface Scene {
  readonly rig: Rig;
  readonly recorder: Recorder;
  readonly seed: number;
  /** Troubles of one process come one after another. */
  readonly alone: <T>(victim: Victim, work: () => Promise<T>) => Promise<T>;
}

/** A kill that waits for a moment which does not come strikes anyway. */
const MOMENT_COMES_WITHIN_MS = 3_000;
/** How long the provider keeps the answer back at that moment: longer than a kill takes. */
const MOMENT_LASTS_MS = 800;
/** The product's own wait for a lock is 1.5 s, and it gives up a statement after 2 s. */
const LOCKS_AT_MOST_MS = 1_400;

function turns(): Scene['alone'] {
  const last = new Map<Victim, Promise<unknown>>();
  return (victim, work) => {
    const mine = (last.get(victim) ?? Promise.resolve()).then(work);
    last.set(
      victim,
      mine.catch(() => undefined),
    );
    return mine;
  };
}

/** To be called once it has begun, with what chance has chosen. */
type Begun = (what?: string) => void;
type Of<Kind extends Trouble['kind']> = Extract<Trouble, { kind: Kind }>;

async function untilMoment(scene: Scene, { after }: Of<'kill'>): Promise<void> {
  if (after === null) return;
  const { control } = scene.rig;
  const since = (await control.journalPage(Number.MAX_SAFE_INTEGER)).last_seq;
  await control.setFault({
    match: { operation: after },
    fault: { kind: 'latency', ms: MOMENT_LASTS_MS },
    phase: 'after',
  });
  const waiting = { since, timeoutMs: MOMENT_COMES_WITHIN_MS };
  await control
    .waitForJournal((entry) => entry.operation === after && entry.effect !== 'none', waiting)
    .catch(() => undefined);
}

async function kill(scene: Scene, trouble: Of<'kill'>, begun: Begun): Promise<void> {
  await untilMoment(scene, trouble);
  await scene.alone(trouble.victim, async () => {
    begun();
    await scene.rig.kill(trouble.victim);
    await pauseFor(trouble.downMs);
    await scene.rig.restart(trouble.victim);
  });
}

async function pause(scene: Scene, trouble: Of<'pause'>, begun: Begun): Promise<void> {
  await scene.alone(trouble.victim, async () => {
    begun();
    const goOn = scene.rig.pause(trouble.victim);
    try {
      await pauseFor(trouble.forMs);
    } finally {
      goOn();
    }
  });
}

async function moveClock(scene: Scene, trouble: Of<'clock'>, begun: Begun): Promise<void> {
  begun();
  scene.rig.moveClock(trouble.of, trouble.shiftMs);
  await pauseFor(trouble.forMs);
  scene.rig.moveClock(trouble.of, 0);
}

/** Nobody's transaction holds every lease of the schedule; where the database goes away, so does the trouble. */
async function holdLocks(scene: Scene, trouble: Of<'locks'>, begun: Begun): Promise<void> {
  const client = new Client({
    connectionString: scene.rig.databaseUrl,
    statement_timeout: LOCKS_AT_MOST_MS,
    connectionTimeoutMillis: LOCKS_AT_MOST_MS,
    query_timeout: LOCKS_AT_MOST_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    await client.query(`SELECT 1 FROM lease WHERE session_id LIKE $1 AND state <> 'closed' FOR UPDATE`, [
      `chaos-${scene.seed}-%`,
    ]);
    begun();
    await pauseFor(trouble.forMs);
    await client.query('COMMIT');
  } catch {
    begun();
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The detail names the stores: nobody but the history knows what became of them. */
async function vanish(scene: Scene, { stores }: Of<'vanish'>, begun: Begun): Promise<void> {
  const { control } = scene.rig;
  const session = `chaos-${scene.seed}-`;
  const ours = (await control.state()).stores.filter(({ metadata }) =>
    metadata[TAG_SESSION]?.startsWith(session),
  );
  const chosen = ours.slice(0, stores).map(({ id }) => id);
  begun(chosen.join(' '));
  for (const id of chosen) await control.vanish(id).catch(() => undefined);
}

async function happen(scene: Scene, trouble: Trouble, begun: Begun): Promise<void> {
  switch (trouble.kind) {
    case 'kill':
      return kill(scene, trouble, begun);
    case 'pause':
      return pause(scene, trouble, begun);
    case 'clock':
      return moveClock(scene, trouble, begun);
    case 'locks':
      return holdLocks(scene, trouble, begun);
    case 'provider':
      begun();
      return void (await scene.rig.control.setFault(trouble.rule));
    case 'vanish':
      return vanish(scene, trouble, begun);
    case 'terminate':
      begun();
      await terminateWorkflows(scene.rig.temporalAddress, FILE_UPKEEP, 1);
      return terminateWorkflows(scene.rig.temporalAddress, `session/chaos-${scene.seed}-`, trouble.share);
  }
}

function victimOf(trouble: Trouble): string | null {
  if (trouble.kind === 'kill' || trouble.kind === 'pause') return trouble.victim;
  return trouble.kind === 'clock' ? trouble.of : null;
}

async function one(scene: Scene, planned: Planned, number: number): Promise<void> {
  const { atMs, ...trouble } = planned;
  await pauseFor(atMs);
  const about = {
    type: 'trouble',
    kind: kindOf(trouble),
    number,
    victim: victimOf(trouble),
    detail: JSON.stringify(trouble),
  } as const;
  let begun = false;
  await happen(scene, trouble, (what) => {
    const detail = what === undefined ? about.detail : `${about.detail} ${what}`;
    if (!begun) scene.recorder.write({ ...about, at: now(), phase: 'begin', detail });
    begun = true;
  });
  scene.recorder.write({ ...about, at: now(), phase: 'end' });
}

/** All of them, each at its time; resolves when the last is over and what was killed runs again. */
export async function makeTroubles(
  rig: Rig,
  recorder: Recorder,
  plan: { readonly seed: number; readonly troubles: readonly Planned[] },
): Promise<void> {
  const scene: Scene = { rig, recorder, seed: plan.seed, alone: turns() };
  await Promise.all(plan.troubles.map((planned, number) => one(scene, planned, number)));
}
