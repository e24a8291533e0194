import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { until } from '../support/until.ts';

const COMES_WITHIN_MS = 20_000;

/** What becomes of a held exchange: it goes on, or both its connections are cut. */
export type LetGo = 'continue' | 'drop';

/** One exchange with the ledger that stands still. */
export interface HeldExchange {
  /** Resolves when the exchange has come and is held; rejects where it does not come within 20 s. */
  hit(): Promise<void>;
  letGo(how: LetGo): void;
}

/** A way to PostgreSQL on which one statement can be stopped. */
export interface LedgerGate {
  readonly port: number;
  /**
   * Holds the next execution of the named statement: `request` never reaches the server, `answer` stays out
   * although the statement is carried out.
   */
  hold(statement: string, side: 'request' | 'answer'): HeldExchange;
  close(): void;
}

interface Trap {
  readonly pattern: Buffer;
  readonly side: 'request' | 'answer';
  readonly caught: (held: Held) => void;
}

/** What is held back, and where it goes on to. */
interface Held {
  readonly pair: Pair;
  readonly bytes: Buffer;
  readonly to: Socket;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** The end of every answer outside a transaction: ReadyForQuery, idle. Only now is the statement in force. */
const READY_FOR_QUERY = Buffer.from('Z\0\0\0\x05I');

/** Opens the gate in front of the PostgreSQL on `serverPort`, which may come and go. */
export async function openLedgerGate(serverPort: number): Promise<LedgerGate> {
  const traps = new Set<Trap>();
  const listener = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    connectPair({ client, server }, traps);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    hold: (statement, side) => setTrap(traps, statement, side),
    close: () => void listener.close(),
  };
}

function connectPair(pair: Pair, traps: Set<Trap>): void {
  const { client, server } = pair;
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => undefined);
    one.on('close', () => other.destroy());
  }
  let answerTrap: Trap | undefined;
  let answer = Buffer.alloc(0);
  server.on('data', (chunk: Buffer) => {
    if (answerTrap === undefined) return void client.write(chunk);
    answer = Buffer.concat([answer, chunk]);
    if (!answer.subarray(-READY_FOR_QUERY.length).equals(READY_FOR_QUERY)) return;
    answerTrap.caught({ pair, bytes: answer, to: client });
    answerTrap = undefined;
    answer = Buffer.alloc(0);
  });
  client.on('data', (chunk: Buffer) => {
    const trap = [...traps].find(({ pattern }) => chunk.includes(pattern));
    if (trap !== undefined) traps.delete(trap);
    if (trap?.side === 'answer') answerTrap = trap;
    if (trap?.side === 'request') trap.caught({ pair, bytes: chunk, to: server });
    else server.write(chunk);
  });
}

function setTrap(traps: Set<Trap>, statement: string, side: 'request' | 'answer'): HeldExchange {
  let isHit = false;
  let held: Held | undefined;
  const trap: Trap = {
    // A Bind message names its portal (ours is the unnamed one) and then its statement, both ended by a zero.
    pattern: Buffer.from(`\0${statement}\0`),
    side,
    caught: (what) => {
      held = what;
      isHit = true;
    },
  };
  traps.add(trap);
  return {
    hit: async () => {
      const describe = `the ${side} of ${statement} is held`;
      await until(() => isHit, { describe, deadlineMs: COMES_WITHIN_MS, everyMs: 10 });
    },
    letGo: (how) => {
      traps.delete(trap);
      if (held === undefined) return;
      const { pair, bytes, to } = held;
      held = undefined;
      if (how === 'continue') return void to.write(bytes);
      pair.client.destroy();
      pair.server.destroy();
    },
  };
}
