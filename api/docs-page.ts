import helmet from '@fastify/helmet';
import { NOT_FOUND_BODY } from '../contract/errors.ts';
import type { App } from './deps.ts';
import { loadDocsAssets, type Asset, type DocsAssets } from './docs-assets.ts';
import { sendJson } from './send-json.ts';

/** What lies under `/static/` has another name once it changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** An upgrade is seen within five minutes. */
const FOR_MINUTES = 'public, max-age=300';

/** The page runs and loads what is ours, and nothing else. */
const HELMET = {
  // The service speaks plain HTTP behind loopback or a proxy; whether HTTPS is forced is the proxy's to say.
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'self'"],
    },
  },
} as const;

let loaded: DocsAssets | undefined;

/** `/docs`, a page to read and try the API, and its files under `/static/`. */
export async function serveDocs(app: App): Promise<void> {
  const assets = (loaded ??= loadDocsAssets());
  await app.register(async (scope: App) => {
    await scope.register(helmet, HELMET);
    const config = { page: true };
    const schema = { hide: true };
    const html = pageOf(assets);
    scope.get('/docs', { config, schema }, (_request, reply) => {
      void reply.header('cache-control', FOR_MINUTES).type('text/html; charset=utf-8').send(html);
    });
    const byName = new Map(listOf(assets).map((asset) => [asset.name, asset]));
    scope.get<{ Params: { name: string } }>('/static/:name', { config, schema }, (request, reply) => {
      const asset = byName.get(request.params.name);
      if (asset === undefined) {
        reply.header('cache-control', 'no-store');
        sendJson(reply, 404, NOT_FOUND_BODY);
      } else {
        void reply.header('cache-control', FOR_EVER).type(asset.type).send(asset.content);
      }
    });
  });
}

function listOf({ styles, scripts, icon }: DocsAssets): Asset[] {
  return [...styles, ...scripts, icon];
}

/** The names hold nothing that HTML would read otherwise. */
function pageOf({ styles, scripts, icon }: DocsAssets): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<title>Loiter Killer</title>',
    `<link rel="icon" type="${icon.type}" href="/static/${icon.name}">`,
    ...styles.map(({ name }) => `<link rel="stylesheet" href="/static/${name}">`),
    '</head>',
    '<body>',
    '<div id="swagger-ui"></div>',
    ...scripts.map(({ name }) => `<script src="/static/${name}"></script>`),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
