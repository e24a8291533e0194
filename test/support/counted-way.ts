import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server on which every connection is counted, and on which all can be made to wait. */
export interface CountedWay {
  readonly port: number;
  /** Connections that were ever made. */
  opened(): number;
  /** Connections that are open now. */
  open(): number;
  /** What is sent to the server from now on stays here, until `letGo`. */
  hold(): void;
  letGo(): void;
}

/** Told when a connection has ended; `open` are left. */
export type Ended = (name: string, open: number) => void;

/** Opens the way to a port of loopback; it closes with the test. */
export async function countedWay(
  name: string,
  to: number,
  ended: Ended = () => undefined,
): Promise<CountedWay> {
  /** Each client, and where what it sends goes. */
  const clients = new Map<Socket, Socket>();
  let opened = 0;
  let isHeld = false;
  const server = createServer((client) => {
    opened += 1;
    const onward = connect(to, '127.0.0.1');
    clients.set(client, onward);
    if (!isHeld) client.pipe(onward);
    onward.pipe(client);
    join(client, onward, () => {
      clients.delete(client);
      ended(name, clients.size);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of clients.keys()) client.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    opened: () => opened,
    open: () => clients.size,
    hold: () => {
      isHeld = true;
      for (const client of clients.keys()) client.unpipe();
    },
    letGo: () => {
      isHeld = false;
      for (const [client, onward] of clients) client.pipe(onward);
    },
  };
}

/** Where one side ends so does the other. */
function join(client: Socket, onward: Socket, closed: () => void): void {
  for (const side of [client, onward]) side.on('error', () => undefined);
  onward.once('close', () => client.destroy());
  client.once('close', () => {
    onward.destroy();
    closed();
  });
}
