/** docker-compose.yaml and the Dockerfile, read as text: what a user gets from `docker compose up`. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM_FLAGS } from '../../../dev/program-flags.ts';
import { parse } from 'yaml';
import { REPOSITORY, productFiles, read } from './repository.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly restart?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: Readonly<Record<string, string | number | readonly string[]>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
const text = read('docker-compose.yaml');
const compose = parse(text, { merge: true }) as Compose;
const ONE_SHOTS = ['temporal-schema', 'temporal-namespace'];

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

/** Every service that comes up with this one. */
function broughtUpBy(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const needed of Object.keys(service(name).depends_on ?? {})) broughtUpBy(needed, seen);
  return seen;
}

describe('services', () => {
  it('are the ones the architecture names', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      [...ONE_SHOTS, 'loiter-killer', 'postgres', 'temporal', 'temporal-ui', 'worker'].sort(),
    );
  });

  it('all come up with loiter-killer', () => {
    expect([...broughtUpBy('loiter-killer')].sort()).toEqual(Object.keys(compose.services).sort());
  });

  it('start in order', () => {
    expect(service('temporal-schema').depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(service('temporal').depends_on).toEqual({
      'temporal-schema': { condition: 'service_completed_successfully' },
    });
    expect(service('temporal-namespace').depends_on).toEqual({ temporal: { condition: 'service_healthy' } });
    for (const name of ['worker', 'loiter-killer']) {
      expect(service(name).depends_on, name).toMatchObject({
        postgres: { condition: 'service_healthy' },
        'temporal-namespace': { condition: 'service_completed_successfully' },
      });
    }
  });

  it('run pinned images, none of them the deprecated auto-setup', () => {
    for (const [name, { image }] of Object.entries(compose.services)) {
      expect(image, name).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
      expect(image, name).not.toContain('auto-setup');
    }
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(service('loiter-killer').image).toBe(`loiter-killer:${version}`);
    // The schema tool has to be of the server's own version.
    expect(service('temporal-schema').image.split(':')[1]).toBe(service('temporal').image.split(':')[1]);
  });

  it('are restarted for ever, the one-shots only until they succeed', () => {
    for (const [name, { restart }] of Object.entries(compose.services)) {
      expect(restart, name).toMatch(ONE_SHOTS.includes(name) ? /^on-failure(:\d+)?$/ : /^unless-stopped$/);
    }
  });

  it('get more time to stop than the 10 s they take', () => {
    for (const name of ['worker', 'loiter-killer', 'postgres']) {
      expect(Number.parseInt(service(name).stop_grace_period ?? '0', 10), name).toBeGreaterThanOrEqual(20);
    }
  });

  it('have the health checks', () => {
    const timing = { interval: '30s', timeout: '10s', retries: 3, start_period: '40s' };
    expect(service('loiter-killer').healthcheck).toMatchObject(timing);
    expect(JSON.stringify(service('loiter-killer').healthcheck)).toContain('http://127.0.0.1:9876/health');
    expect(service('worker').healthcheck).toMatchObject(timing);
    expect(JSON.stringify(service('worker').healthcheck)).toContain('http://127.0.0.1:9877/health');
    expect(service('postgres').healthcheck).toBeDefined();
    expect(service('temporal').healthcheck).toBeDefined();
  });
});

describe('what is exposed and kept', () => {
  it('is published on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((one) => one.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
    expect(service('loiter-killer').ports).toEqual(['127.0.0.1:${PORT:-9876}:9876']);
    expect(service('postgres').ports).toBeUndefined();
  });

  it('lies in a named volume, at the path of the version 18 image', () => {
    expect(service('postgres').image).toMatch(/^postgres:18\./);
    expect(service('postgres').volumes).toEqual(['postgres-data:/var/lib/postgresql']);
    expect(Object.keys(compose.volumes)).toContain('postgres-data');
  });

  it('PostgreSQL keeps its durability settings', () => {
    expect(text).not.toMatch(/fsync|synchronous_commit|full_page_writes|tmpfs/);
  });

  it('holds no secret: each comes from the environment', () => {
    for (const [name, { environment }] of Object.entries(compose.services)) {
      for (const [variable, value] of Object.entries(environment ?? {})) {
        if (!/PASSWORD|PWD|KEY|TOKEN|SECRET/.test(variable)) continue;
        expect(value, `${name}: ${variable}`).toMatch(/^\$\{[A-Z_]+:[-?][^}]*\}$/);
        expect(value, `${name}: ${variable} has a default`).not.toMatch(/:-[^}]/);
      }
      for (const value of Object.values(environment ?? {})) {
        expect(value, name).not.toMatch(/\/\/[^/@\s]+:[^@\s]+@/);
      }
    }
  });

  it('an open api is a decision that is written down', () => {
    expect(service('loiter-killer').environment).toMatchObject({
      HOST: '0.0.0.0',
      ALLOW_UNAUTHENTICATED: 'true',
    });
    expect(text).toMatch(/#.*published on loopback only/);
    expect(service('worker').environment?.['HOST']).toBe('127.0.0.1');
  });

  it('both processes share one ledger, one Temporal and one image', () => {
    const [api, worker] = [service('loiter-killer'), service('worker')];
    for (const variable of [
      'DATABASE_URL',
      'PGPASSWORD',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_NAMESPACE',
      'OPENAI_API_KEY',
      'KIMI_API_KEY',
      'GLM_API_KEY',
    ]) {
      expect(api.environment?.[variable], variable).toBeDefined();
      expect(worker.environment?.[variable], variable).toBe(api.environment?.[variable]);
    }
    expect(worker.image).toBe(api.image);
    expect(worker.command).toEqual(['node', ...PROGRAM_FLAGS, 'worker/main.ts']);
  });

  it('every file that is mounted is there', () => {
    const mounts = Object.values(compose.services).flatMap((one) => one.volumes ?? []);
    const files = mounts.map((mount) => mount.split(':')[0] ?? '').filter((path) => path.startsWith('./'));
    expect(files.length).toBe(3);
    for (const file of files) expect(existsSync(join(REPOSITORY, file)), file).toBe(true);
  });

  it('the scripts are sound shell and name the search attributes', () => {
    for (const script of ['docker/temporal-schema.sh', 'docker/temporal-namespace.sh']) {
      execFileSync('sh', ['-n', join(REPOSITORY, script)]);
      expect(read(script)).toContain('set -eu');
    }
    const attributes = [...read('docker/temporal-namespace.sh').matchAll(/attribute (\w+) (\w+)/g)];
    expect(Object.fromEntries(attributes.map(([, name, type]) => [name, type]))).toEqual({
      SessionId: 'Keyword',
      LeaseState: 'Keyword',
      VectorStoreId: 'Keyword',
      InstanceId: 'Keyword',
      LeaseExpiresAt: 'Datetime',
      LeaseStuck: 'Bool',
    });
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  /** Rooms that only a developer's machine needs. */
  const LOCAL = ['dev', 'simulator'];
  const rooms = [...new Set(productFiles().map((path) => path.split('/')[0] ?? ''))].filter(
    (room) => !LOCAL.includes(room),
  );

  it('copies every room that ships, and .dockerignore lets it through', () => {
    expect(rooms).toContain('domain');
    for (const room of rooms) {
      expect(dockerfile, room).toMatch(new RegExp(`^COPY ${room} \\./${room}$`, 'm'));
      expect(read('.dockerignore'), room).toMatch(new RegExp(`^!${room}$`, 'm'));
    }
    expect(read('.dockerignore')).toMatch(/^\*$/m);
  });

  it('copies nothing that is not there', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(
      ([, sources]) => sources?.split(' ') ?? [],
    );
    expect(copied.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });

  it('runs the pinned Node as a user without rights', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect(dockerfile).toContain(`FROM node:${devDependencies['node']}-`);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile.indexOf('USER node')).toBeLessThan(dockerfile.indexOf('CMD ['));
    expect(dockerfile).toContain('npm ci --omit=dev --ignore-scripts');
  });

  it('takes no secret and no .env into the image', () => {
    expect(dockerfile).not.toMatch(/KEY|TOKEN|PASSWORD/);
    expect(read('.dockerignore')).not.toMatch(/^!\.env/m);
  });
});

/** Whether this machine has the compose plugin; the file is checked by it where it does. */
function hasComposePlugin(): boolean {
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasComposePlugin())(
  'docker compose config (skipped where the plugin is not installed)',
  () => {
    const check = (environment: Record<string, string>) => () =>
      execFileSync('docker', ['compose', '--env-file', '/dev/null', 'config', '--quiet'], {
        cwd: REPOSITORY,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment },
        stdio: 'pipe',
      });

    it('accepts the file', () => {
      expect(check({ POSTGRES_PASSWORD: 'for-the-test' })).not.toThrow();
    });

    it('refuses to start without a password, and says which one', () => {
      expect(check({})).toThrow(/POSTGRES_PASSWORD/);
    });
  },
);
