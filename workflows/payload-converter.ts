import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/** What stands for a payload that cannot be read: a value that no signal accepts. */
const UNREADABLE = '[unreadable]';

/**
 * The default converter, but it reads everything: the SDK decodes a signal before any handler runs, so one sent
 * by hand with an unknown encoding would fail the workflow task for ever, and with it the lease's upkeep.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload: <T>(...args: Parameters<typeof defaultPayloadConverter.fromPayload<T>>): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(...args);
    } catch {
      return UNREADABLE as T;
    }
  },
};
