import { ServiceError } from '../domain/errors.ts';

/**
 * A face for what is not there yet, because the ledger is away: until it is opened, each of its functions answers
 * as when the ledger is away later.
 */
export function later<Room extends object>(): { readonly face: Room; readonly open: (room: Room) => void } {
  const state: { room: Room | undefined } = { room: undefined };
  // Thrown, not rejected: some of the functions answer without a promise.
  const refuse = (): never => {
    throw new ServiceError('LEDGER_UNAVAILABLE');
  };
  const face = new Proxy<object>(
    {},
    {
      get: (_nothing, name): unknown => {
        // Whoever awaits the face gets the face.
        if (name === 'then') return undefined;
        return state.room === undefined ? refuse : Reflect.get(state.room, name);
      },
    },
  ) as Room;
  return {
    face,
    open: (room) => {
      state.room = room;
    },
  };
}
