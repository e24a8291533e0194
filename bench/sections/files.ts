import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../statistics.ts';
import OpenAI from 'openai';
import { TEST_MODE_KEY } from '../../config/index.ts';
import { peakMiB } from '../peak-memory.ts';
import type { Program } from '../programs.ts';
import type { Report } from '../report.ts';
import { residentMiB } from '../resident-memory.ts';
import { inRounds } from '../rounds.ts';
import type { World } from '../world.ts';

const MIB = 2 ** 20;
const CONNECTIONS = 5;
const SECONDS = 3;
/** What a provider takes at least to answer an upload; the real ones take longer. */
const PROVIDER_LATENCY_MS = 200;
const BIG_MIB = 100;

const noise = randomBytes(MIB);
let made = 0;

/** One MiB that nobody has uploaded before. */
function fresh(): File {
  made += 1;
  const bytes = Buffer.from(noise);
  bytes.write(`${made} ${process.pid} `);
  return new File([bytes], `fresh-${made}.txt`, { type: 'text/plain' });
}

const known = new File([noise], 'known.txt', { type: 'text/plain' });

async function toService(api: Program, file: Blob, name: string): Promise<boolean> {
  const form = new FormData();
  form.set('provider', 'openai');
  form.set('file', file, name);
  const answer = await fetch(`${api.url}/files`, { method: 'POST', body: form });
  const body = (await answer.json()) as { deduplicated?: boolean };
  if (!answer.ok) throw new Error(`upload: ${answer.status} ${JSON.stringify(body)}`);
  return body.deduplicated === true;
}

/** So many connections send one file after another; uploads a second, and how long each took. */
function sending(send: () => Promise<unknown>) {
  return async () => {
    const times: number[] = [];
    const begin = performance.now();
    const connection = async (): Promise<void> => {
      while (performance.now() - begin < SECONDS * 1000) {
        const at = performance.now();
        await send();
        times.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    const perSecond = times.length / ((performance.now() - begin) / 1000);
    return { perSecond, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), failures: 0 };
  };
}

async function rates(world: World, report: Report, api: Program): Promise<void> {
  const client = new OpenAI({ baseURL: world.simulator.baseUrl, apiKey: TEST_MODE_KEY, maxRetries: 0 });
  await toService(api, known, known.name);
  const measured = await inRounds({
    sdk: sending(() => client.files.create({ file: fresh(), purpose: 'assistants' })),
    service: sending(() => {
      const file = fresh();
      return toService(api, file, file.name);
    }),
    deduped: sending(() => toService(api, known, known.name)),
  });
  report.rate('plain SDK', measured.sdk);
  report.rate('through the service', measured.service);
  report.rate('through the service, deduplicated', measured.deduped);
  const ratio = (name: string, of: { perSecond: number }, bound: number): void =>
    report.target(name, of.perSecond / measured.sdk.perSecond, { op: '>=', bound });
  ratio('service ÷ plain SDK', measured.service, 0.7);
  ratio('deduplicated ÷ plain SDK', measured.deduped, 3);
}

async function memory(report: Report, api: Program): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'loiter-killer-bench-file-'));
  const path = join(directory, 'big.zip');
  await writeFile(path, Buffer.concat(Array.from({ length: BIG_MIB }, () => randomBytes(MIB))));
  const before = await residentMiB(api.part.pid);
  const peak = await peakMiB(api.part.pid, async () => toService(api, await openAsBlob(path), 'big.zip'));
  await rm(directory, { recursive: true });
  report.line(
    `  api: ${Math.round(before)} MiB before a file of ${BIG_MIB} MiB, ${Math.round(peak)} at most`,
  );
  report.target('rise while it is uploaded', peak - before, { op: '<=', bound: 32, unit: ' MiB' });
}

/** Uploads: rates beside plain SDK calls in the same run, and the api's memory under a large file. */
export async function benchFiles(world: World, report: Report): Promise<void> {
  const databaseUrl = await world.database('bench_files');
  const api = await world.api({ DATABASE_URL: databaseUrl, DEFAULT_USER_QUOTA_GB: 10_000 });
  const before = await world.simulator.config();
  report.line(
    `uploads of 1 MiB, ${CONNECTIONS} connections, a provider that takes ${PROVIDER_LATENCY_MS} ms (medians of rounds)`,
  );
  await world.simulator.config({ latency_ms: PROVIDER_LATENCY_MS });
  await rates(world, report, api);
  await memory(report, api);
  await world.simulator.config({ latency_ms: before.latency_ms });
  await world.stop(api);
}
