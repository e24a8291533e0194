/** The yardsticks: Fastify with one route and nothing else; and with one statement of the ledger behind a route. */
import Fastify from 'fastify';
import { openLedger } from '../ledger/index.ts';
import { POOL_SIZE, READ, WRITE } from './statements.ts';

const [port = '0', url = ''] = process.argv.slice(2);
const app = Fastify();
app.get('/health', () => ({ status: 'healthy' }));
if (url !== '') {
  const ledger = openLedger({ url, poolSize: POOL_SIZE, applicationName: 'bench', onError: () => undefined });
  app.post<{ Params: { session: string } }>('/read/:session', async (request) =>
    ledger.rows(READ, [request.params.session]),
  );
  app.post<{ Params: { session: string } }>('/write/:session', async (request) =>
    ledger.rows(WRITE, [request.params.session]),
  );
}
await app.listen({ host: '127.0.0.1', port: Number(port) });
