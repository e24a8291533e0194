/** The yardstick: one route, nothing else. */
import Fastify from 'fastify';

const app = Fastify();
app.get('/health', () => ({ status: 'healthy' }));
// The bench chooses the port; the room's children read it here and nowhere else.
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
