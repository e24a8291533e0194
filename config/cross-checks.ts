import { isLoopbackHost } from './loopback.ts';

/** Settings as far as they are known: defaults filled in, flags as `true`/`false`, numbers still texts. */
export type Candidate = Readonly<Record<string, unknown>>;

/** Problems of settings that only make sense together, and of addresses. One sentence each, without secrets. */
export function crossProblems(candidate: Candidate): string[] {
  const text = (name: string) => {
    const value = candidate[name];
    return typeof value === 'string' ? value : undefined;
  };
  return [
    openHostProblem(candidate),
    urlProblem('DATABASE_URL', text('DATABASE_URL'), ['postgres:', 'postgresql:'], true),
    urlProblem('OPENAI_BASE_URL', text('OPENAI_BASE_URL'), ['https:', 'http:'], false),
    urlProblem('SIMULATOR_URL', text('SIMULATOR_URL'), ['http:', 'https:'], false),
    urlProblem('TEMPORAL_UI_URL', text('TEMPORAL_UI_URL'), ['http:', 'https:'], false),
    addressProblem(text('TEMPORAL_ADDRESS')),
    ...originProblems(text('CORS_ORIGINS')),
  ].filter((problem) => problem !== null);
}

function openHostProblem(candidate: Candidate): string | null {
  const host = String(candidate['HOST'] ?? '');
  if (isLoopbackHost(host) || candidate['API_TOKEN'] !== undefined) return null;
  if (candidate['ALLOW_UNAUTHENTICATED'] === 'true') return null;
  return (
    `HOST: ${host} is reachable from other machines; set API_TOKEN, or ALLOW_UNAUTHENTICATED=true ` +
    'where the port is published on loopback only'
  );
}

function urlProblem(
  name: string,
  value: string | undefined,
  protocols: readonly string[],
  mayHoldPassword: boolean,
): string | null {
  if (value === undefined) return null;
  const wanted = protocols.map((protocol) => `${protocol}//`).join(' or ');
  if (!URL.canParse(value)) return `${name}: must be a URL that begins with ${wanted}`;
  const url = new URL(value);
  if (!protocols.includes(url.protocol)) return `${name}: must begin with ${wanted}`;
  if (!mayHoldPassword && (url.username !== '' || url.password !== '')) {
    return `${name}: must not hold a user name or password`;
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

function originProblems(origins: string | undefined): (string | null)[] {
  if (origins === undefined) return [];
  return origins.split(',').map((entry) => {
    const origin = entry.trim();
    if (URL.canParse(origin) && new URL(origin).origin === origin) return null;
    return `CORS_ORIGINS: "${origin}" is not an origin such as https://example.org`;
  });
}
