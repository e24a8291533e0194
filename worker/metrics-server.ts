import { createServer, type Server } from 'node:http';
import { once } from 'node:events';

export interface MetricsServerOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** The text of one scrape and its media type. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
  readonly healthy: () => boolean;
}

/** Serves `/metrics` and `/health` on loopback. Rejects where the port is taken. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (path === '/health') {
      const healthy = options.healthy();
      response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ status: healthy ? 'healthy' : 'starting' }));
    }
    if (path !== '/metrics') return void response.writeHead(404).end();
    options.render().then(
      (text) => response.writeHead(200, { 'content-type': options.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
