/** `npm run bench [-- section …]`: prints rates, lateness, memory, and which targets this machine reached. */
import { parseArgs } from 'node:util';
import { load } from './load.ts';
import { openReport, type Report } from './report.ts';
import { benchCapacity } from './sections/capacity.ts';
import { benchFiles } from './sections/files.ts';
import { benchFirstAcquire } from './sections/first-acquire.ts';
import { benchLateness } from './sections/lateness.ts';
import { benchMemory } from './sections/memory.ts';
import { benchRetention } from './sections/retention.ts';
import { benchRequests } from './sections/requests.ts';
import { benchResults } from './sections/results.ts';
import { benchStorm } from './sections/storm.ts';
import { benchSweep } from './sections/sweep.ts';
import { benchWrites } from './sections/writes.ts';
import { openWorld, type World } from './world.ts';

/** The rate of /health that the first acquires are measured against, when that section runs alone. */
async function healthRate(world: World): Promise<number> {
  const api = await world.api({ DATABASE_URL: await world.database('bench_health') });
  const { perSecond } = await load({
    url: api.url,
    requests: [{ method: 'GET', path: '/health' }],
    seconds: 4,
  });
  await api.part.stop(['SIGTERM'], 12_000);
  return perSecond;
}

const SECTIONS: Readonly<Record<string, (world: World, report: Report) => Promise<unknown>>> = {
  requests: benchRequests,
  writes: benchWrites,
  first: async (world, report) => benchFirstAcquire(world, report, await healthRate(world)),
  capacity: benchCapacity,
  lateness: benchLateness,
  storm: benchStorm,
  sweep: benchSweep,
  files: benchFiles,
  retention: benchRetention,
  results: benchResults,
  memory: benchMemory,
};

const wanted = parseArgs({ allowPositionals: true }).positionals;
const unknown = wanted.filter((name) => !(name in SECTIONS));
if (unknown.length > 0) {
  console.error(`unknown section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
  process.exit(2);
}
const report = openReport((line) => {
  console.log(line);
});
const world = await openWorld((line) => {
  console.log(line);
});
const stop = (): void => {
  void world.close().then(() => process.exit(130));
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
try {
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (wanted.length === 0 || wanted.includes(name)) await section(world, report);
  }
  console.log(
    `\n${report.targets.filter((target) => target.reached).length} of ${report.targets.length} targets reached`,
  );
  for (const target of report.targets) console.log(`  ${target.text}`);
} finally {
  await world.close();
}
