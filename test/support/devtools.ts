import { once } from 'node:events';

/** A browser's debugging protocol: JSON messages over one WebSocket. */
export interface Devtools {
  /** Resolves with the result of a command. Rejects with the browser's words where it refuses. */
  send(method: string, params: object, sessionId?: string): Promise<Readonly<Record<string, unknown>>>;
  /** Gives every event from now on to `hear`. */
  listen(hear: (method: string, params: object) => void): void;
  close(): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: object;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** Connects to the endpoint that a browser has printed. */
export async function openDevtools(endpoint: string): Promise<Devtools> {
  const socket = new WebSocket(endpoint);
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  const listeners: ((method: string, params: object) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(String(data)) as Message;
    if (method !== undefined) for (const hear of listeners) hear(method, params ?? {});
    const asked = id === undefined ? undefined : waiting.get(id);
    if (error === undefined) asked?.resolve(result ?? {});
    else asked?.reject(new Error(error.message));
  });
  let last = 0;
  return {
    send: (method, params, sessionId) => {
      last += 1;
      const asked = Promise.withResolvers<Readonly<Record<string, unknown>>>();
      waiting.set(last, asked);
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
      return asked.promise;
    },
    listen: (hear) => {
      listeners.push(hear);
    },
    close: () => {
      socket.close();
    },
  };
}
