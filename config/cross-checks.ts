import { isLoopbackHost } from './loopback.ts';
import { maintenanceProblems } from './maintenance-problems.ts';
import { timeoutProblems } from './timeout-problems.ts';

/** Settings as far as they are known: defaults filled in, and read; what cannot be read is a text still. */
export type Candidate = Readonly<Record<string, unknown>>;

const HTTP = ['https:', 'http:'];
const URLS: readonly WantedUrl[] = [
  { name: 'DATABASE_URL', protocols: ['postgres:', 'postgresql:'], mayHoldPassword: true },
  { name: 'OPENAI_BASE_URL', protocols: HTTP, isBase: true },
  { name: 'KIMI_API_URL', protocols: HTTP, isBase: true },
  { name: 'GLM_API_URL', protocols: HTTP, isBase: true },
  { name: 'SIMULATOR_URL', protocols: HTTP, isBase: true },
  { name: 'TEMPORAL_UI_URL', protocols: HTTP },
  { name: 'METRICS_URL', protocols: HTTP, isBase: true },
];

/**
 * Problems of settings that only make sense together, of addresses and of patterns. One sentence each, without secrets;
 * `nameOf` is the variable by which a setting was given.
 */
export function crossProblems(candidate: Candidate, nameOf: (setting: string) => string): string[] {
  const text = (name: string) => {
    const value = candidate[name];
    return typeof value === 'string' ? value : undefined;
  };
  return [
    openHostProblem(candidate),
    ...URLS.map((wanted) => urlProblem(text(wanted.name), wanted)),
    addressProblem(text('TEMPORAL_ADDRESS')),
    ...originProblems(candidate['CORS_ORIGINS']),
    ...timeoutProblems(candidate),
    ...maintenanceProblems(candidate, nameOf),
  ].filter((problem) => problem !== null);
}

function openHostProblem(candidate: Candidate): string | null {
  const host = typeof candidate['HOST'] === 'string' ? candidate['HOST'] : '';
  if (isLoopbackHost(host) || candidate['API_TOKEN'] !== undefined) return null;
  if (candidate['ALLOW_UNAUTHENTICATED'] === true) return null;
  return (
    `HOST: ${host} is reachable from other machines; set API_TOKEN, or ALLOW_UNAUTHENTICATED=true ` +
    'where the port is published on loopback only'
  );
}

interface WantedUrl {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly mayHoldPassword?: boolean;
  /** Paths are appended to it. */
  readonly isBase?: boolean;
}

function urlProblem(value: string | undefined, wanted: WantedUrl): string | null {
  if (value === undefined) return null;
  const begin = wanted.protocols.map((protocol) => `${protocol}//`).join(' or ');
  if (!URL.canParse(value)) return `${wanted.name}: must be a URL that begins with ${begin}`;
  const url = new URL(value);
  if (!wanted.protocols.includes(url.protocol)) return `${wanted.name}: must begin with ${begin}`;
  if (wanted.mayHoldPassword !== true && (url.username !== '' || url.password !== '')) {
    return `${wanted.name}: must not hold a user name or password`;
  }
  if (wanted.isBase === true && (url.search !== '' || url.hash !== '')) {
    return `${wanted.name}: must not hold a query or a fragment`;
  }
  return null;
}

function addressProblem(address: string | undefined): string | null {
  if (address === undefined) return null;
  const port = /^[^\s/:]+:(\d+)$|^\[[0-9a-fA-F:]+\]:(\d+)$/.exec(address);
  const number = Number(port?.[1] ?? port?.[2] ?? 0);
  if (number >= 1 && number <= 65_535) return null;
  return `TEMPORAL_ADDRESS: must be host:port without a scheme, not "${address}"`;
}

function originProblems(origins: unknown): (string | null)[] {
  if (!Array.isArray(origins)) return [];
  return origins.map((entry) => {
    const origin = String(entry);
    if (URL.canParse(origin) && new URL(origin).origin === origin) return null;
    return `CORS_ORIGINS: "${origin}" is not an origin such as https://example.org`;
  });
}
