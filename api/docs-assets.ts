import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import mime from 'mime';

/** A file of the API page, under a name that changes with its content. */
export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

/** The files of the API page, by what they are. */
export interface DocsAssets {
  readonly styles: readonly Asset[];
  readonly scripts: readonly Asset[];
  readonly icon: Asset;
}

/** 64 bits of a SHA-256, in hex digits. */
const FINGERPRINT_LENGTH = 16;
/** Shows our own description; nothing is asked of a validator elsewhere. */
const START = `window.addEventListener('load', () => {
  SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
  });
});
`;

/** Reads the files of Swagger UI. Throws where the package lacks one. */
export function loadDocsAssets(): DocsAssets {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static');
  const load = (name: string): Asset => assetOf(name, readFileSync(join(folder, name)));
  return {
    styles: [load('swagger-ui.css'), load('index.css')],
    scripts: [load('swagger-ui-bundle.js'), assetOf('start.js', Buffer.from(START))],
    icon: load('favicon-32x32.png'),
  };
}

function assetOf(file: string, content: Buffer): Asset {
  const dot = file.lastIndexOf('.');
  const fingerprint = hash('sha256', content, 'hex').slice(0, FINGERPRINT_LENGTH);
  const name = `${file.slice(0, dot)}.${fingerprint}${file.slice(dot)}`;
  return { name, type: contentTypeOf(file), content };
}

function contentTypeOf(file: string): string {
  const type = mime.getType(file) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}
