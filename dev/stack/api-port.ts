import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from '../../config/index.ts';
import { describePortHolder } from '../processes/port-holder.ts';

/**
 * The port the api will listen on: `port`, or a free one for 0. Throws {@link ConfigError} naming the holder where
 * it is taken: clients know this port, so the api never moves to another by itself.
 */
export async function claimApiPort(host: string, port: number): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port, exclusive: true });
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  } catch (error) {
    throw new ConfigError([problem(error, host, port)]);
  } finally {
    server.close();
  }
}

function problem(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EADDRINUSE') return `PORT: ${host}:${port} is taken by ${describePortHolder(port)}`;
  if (code === 'EACCES') return `PORT: ${port} needs rights that this user has not got`;
  return `HOST, PORT: cannot listen on ${host}:${port} (${code})`;
}
