// Runs before every script, on whatever Node there is (12.17 or newer), and says what is wrong in plain words.
// Plain JavaScript without dependencies: on an old Node, TypeScript would fail with a syntax error instead.
import { existsSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WANTED_MAJOR = 24;

const problem = findProblem();
if (problem !== null) {
  process.stderr.write(problem + '\n');
  process.exit(2);
}

function findProblem() {
  if (!existsSync(join(root, 'node_modules', 'fastify', 'package.json'))) {
    return 'The packages are not installed. Run `npm ci` in ' + root;
  }
  if (Number(process.versions.node.split('.')[0]) === WANTED_MAJOR) return null;
  const found =
    'This runs on Node ' + WANTED_MAJOR + '; it was started with Node ' + process.versions.node + '. ';
  if (!existsSync(join(root, 'node_modules', 'node', 'bin', 'node'))) {
    return (
      found +
      'The copy that `npm ci` brings is missing: development packages were left out, or install scripts were ' +
      'blocked. Run `npm ci` again without --omit=dev and --ignore-scripts, or install Node ' +
      WANTED_MAJOR +
      '.'
    );
  }
  return found + 'Use the npm scripts (`npm start`, `npm run …`), which take the copy that `npm ci` brought.';
}
