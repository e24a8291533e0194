import { once } from 'node:events';
import { createServer } from 'node:net';

/** A listener that nobody should ever connect to. */
export interface Trap {
  readonly url: string;
  connections(): number;
}

/** Opens a trap on loopback: the provider or proxy that a test points a hostile environment to. */
export async function trap(): Promise<Trap> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It must not hold the process of the test file.
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections };
}
