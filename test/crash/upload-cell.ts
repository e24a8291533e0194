/** One cell of the uploads' crash matrix: hold a moment, prove it, kill, bring back, and see what is left in the end. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { get } from './caller.ts';
import type { Rig, Victim } from './rig.ts';
import { filesNamed, uploadsOf, type Content, type UploadMoment, type UploadRow } from './upload-moments.ts';

export interface UploadCell {
  readonly victim: Victim;
  readonly moment: UploadMoment;
  /** Whether the client comes back after the restart, or nobody does. */
  readonly client: 'retries' | 'is gone';
}

export function nameOf({ victim, moment, client }: UploadCell): string {
  return `kill -9 of ${victim} ${moment.name}; the client ${client}`;
}

/** Seconds that an upload may take; what is not settled for twice as long is looked for at the provider. */
export const UPLOAD_TIMEOUT = 5;
/** Below every limit that would end the moment by itself: 2 s of an idle transaction, 5 s of the upload. */
const MOMENT_LASTS_MS = 1_900;
/** The upload's limit, and a few seconds for a ledger that does not answer. */
const ANSWER_WITHIN_MS = 12_000;
/** Twice the time limit until it is looked for, three listings, a second 404; a pass that died is noticed after 30 s. */
const SETTLED_WITHIN_MS = 100_000;
/** A dead sender is waited for 15 s. */
const RETRIED_WITHIN_MS = 60_000;

interface Answered {
  /** `broken` where the connection was cut. */
  readonly status: number | 'broken';
  readonly fileId: string | undefined;
  readonly tookMs: number;
}

async function send(rig: Rig, { filename, text }: Content): Promise<Answered> {
  const startedAt = performance.now();
  const form = new FormData();
  form.set('provider', 'kimi');
  form.set('file', new File([text], filename));
  try {
    const url = `${rig.stack.api.url}/files`;
    const answer = await fetch(url, { method: 'POST', body: form, signal: AbortSignal.timeout(20_000) });
    const body = (await answer.json()) as { file_id?: string };
    return { status: answer.status, fileId: body.file_id, tookMs: performance.now() - startedAt };
  } catch {
    return { status: 'broken', fileId: undefined, tookMs: performance.now() - startedAt };
  }
}

function seeFirstAnswer({ victim }: UploadCell, { status, tookMs }: Answered): void {
  expect(tookMs, 'every call is answered in bounded time').toBeLessThan(ANSWER_WITHIN_MS);
  const allowed = { api: ['broken'], worker: [200], Temporal: [200], PostgreSQL: [503, 504] }[victim];
  expect(allowed).toContain(status);
}

/** Asks again on 5xx, as clients do; resolves with the id of the file. */
async function comeBack(rig: Rig, content: Content): Promise<string> {
  let last: Answered | undefined;
  return until(
    async () => {
      last = await send(rig, content);
      return last.status === 200 ? last.fileId : undefined;
    },
    {
      describe: () => `the upload answered 200; last ${last?.status}`,
      deadlineMs: RETRIED_WITHIN_MS,
      everyMs: 250,
    },
  );
}

const isSettled = ({ upload_status: status, uncertain, gone }: UploadRow): boolean =>
  !uncertain && (status === 'completed' || status === 'failed' || (status === 'deleted' && gone));

async function untilSettled(rig: Rig, content: Content): Promise<UploadRow[]> {
  let rows: UploadRow[] = [];
  await until(
    async () => {
      rows = await uploadsOf(rig, content);
      return rows.every(isSettled);
    },
    {
      describe: () => `every upload of ${content.filename} settled; last seen ${JSON.stringify(rows)}`,
      deadlineMs: SETTLED_WITHIN_MS,
      everyMs: 200,
    },
  );
  return rows;
}

/** Files in the spool, whoever left them. */
function spooled(rig: Rig): string[] {
  const spool = join(String(rig.stack.settings['DATA_DIR']), 'spool');
  return readdirSync(spool, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

/** At the provider there is the file that a caller was told of, and no other; the ledger knows it as the one that is. */
async function seeOneOrNone(rig: Rig, content: Content, fileIds: readonly string[]): Promise<void> {
  const rows = await untilSettled(rig, content);
  const told = new Set(fileIds);
  expect(told.size, 'everybody was told of one file').toBeLessThan(2);
  const live = rows.filter((row) => row.upload_status === 'completed').map((row) => row.provider_file_id);
  for (const fileId of told) expect(live).toContain(fileId);
  // What the ledger knows to be there is there, and nothing else is: no leak, no loss.
  expect((await filesNamed(rig, content)).toSorted()).toEqual([...new Set(live)].toSorted());
  for (const { candidates } of rows) expect(candidates).toEqual([]);
  expect(spooled(rig)).toEqual([]);
  for (const fileId of told)
    expect((await get(rig.stack.api.url, `/files/${fileId}`)).body).toMatchObject({ file_id: fileId });
}

/** Carries the cell out; rejects where the moment was missed or a promise was broken. */
export async function runUploadCell(rig: Rig, cell: UploadCell): Promise<void> {
  const content = {
    filename: `${cell.victim}-${randomBytes(6).toString('hex')}.txt`,
    text: randomBytes(300_000).toString('hex'),
  };
  await rig.stack.simulator.control.config({ assistants_content: 'given' });
  const trap = await cell.moment.arm(rig);
  const firstCall = send(rig, content);
  await trap.hit();
  const hitAt = performance.now();
  await cell.moment.prove(rig, content);
  await rig.kill(cell.victim);
  expect(performance.now() - hitAt, 'the kill came while the moment lasted').toBeLessThan(MOMENT_LASTS_MS);
  await trap.letGo(cell.victim === 'api' || cell.victim === 'PostgreSQL' ? 'drop' : 'continue');
  const first = await firstCall;
  seeFirstAnswer(cell, first);
  await rig.restart(cell.victim);
  const again = cell.client === 'retries' ? [await comeBack(rig, content)] : [];
  await seeOneOrNone(rig, content, [...(first.fileId === undefined ? [] : [first.fileId]), ...again]);
}
