/** `npm run docs:generate`: writes the documents that are made from code; tests fail where one has drifted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderEnvExample } from '../config/env-example.ts';
import { PROJECT_ROOT } from './child-environment.ts';
import { renderOpenApi } from './render-openapi.ts';

const DOCUMENTS: Readonly<Record<string, () => string | Promise<string>>> = {
  '.env.example': renderEnvExample,
  'docs/openapi.json': renderOpenApi,
};

for (const [file, render] of Object.entries(DOCUMENTS)) {
  writeFileSync(join(PROJECT_ROOT, file), await render());
  console.log(`wrote ${file}`);
}
