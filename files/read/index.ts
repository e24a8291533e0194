import type { Files } from '../contract.ts';
import type { FileDeps } from '../deps.ts';
import { fileDetail } from './detail.ts';
import { listPage } from './list.ts';
import { fileStats } from './stats.ts';

export { fileReading } from './counts.ts';

/** What the room tells of uploads, without asking a provider. */
export function createFileReads(deps: FileDeps): Pick<Files, 'list' | 'get' | 'stats'> {
  return {
    list: (request) => listPage(deps, request),
    get: (ref) => fileDetail(deps, ref),
    stats: () => fileStats(deps),
  };
}
