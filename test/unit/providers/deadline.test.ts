import { describe, expect, it } from 'vitest';
import { useSimulator } from '../simulator/simulator-fixture.ts';
import { CallEnded, withDeadline } from '../../../providers/call-deadline.ts';
import { failureOf, LIMITS, providerAt, taggedStore } from './provider-fixture.ts';

describe('the end of a call', () => {
  const fixture = useSimulator();

  it('comes with the abort of the caller: ambiguous once it was sent', async () => {
    const controller = new AbortController();
    await fixture.control.setFault({ fault: { kind: 'hold', name: 'abort' } });
    const call = providerAt(fixture.simulator.baseUrl).createStore(taggedStore('abort'), {
      ...LIMITS,
      signal: controller.signal,
    });
    const failed = failureOf(call);
    await fixture.control.waitForHeld('abort');
    controller.abort();
    expect(await failed).toMatchObject({ kind: 'ambiguous', status: undefined });
    await fixture.control.release('abort');
  });

  it('comes before the sending where the caller has aborted or no time is left', async () => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const { last_seq: since } = await fixture.control.journalPage();
    const aborted = await failureOf(
      provider.createStore(taggedStore('x'), { ...LIMITS, signal: AbortSignal.abort() }),
    );
    expect(aborted.kind).toBe('unavailable');
    for (const deadlineMs of [0, -5, Number.NaN]) {
      expect((await failureOf(provider.createStore(taggedStore('x'), { deadlineMs }))).kind).toBe(
        'unavailable',
      );
    }
    expect(await fixture.control.journal(since)).toEqual([]);
  });

  it('comes on time where the code inside heeds no signal', async () => {
    const startedAt = performance.now();
    const deaf = withDeadline({ deadlineMs: 50 }, ({ sending }) => {
      sending();
      return new Promise<never>(() => undefined);
    });
    await expect(deaf).rejects.toThrow('no answer within 50 ms');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('tells whether the request may have left', async () => {
    const ended = (send: boolean) =>
      withDeadline({ deadlineMs: 20 }, ({ sending }) => {
        if (send) sending();
        return new Promise<never>(() => undefined);
      }).catch((error: unknown) => error);
    expect(await ended(true)).toMatchObject({ sent: true });
    const unsent = await ended(false);
    expect(unsent).toBeInstanceOf(CallEnded);
    expect(unsent).toMatchObject({ sent: false });
  });

  it('lets nothing be sent afterwards', async () => {
    const late = Promise.withResolvers<unknown>();
    const call = withDeadline({ deadlineMs: 20 }, async ({ signal, sending }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      try {
        sending();
        late.resolve('sent');
      } catch (error) {
        late.resolve(error);
      }
    });
    await expect(call).rejects.toThrow('no answer');
    expect(await late.promise).toBeInstanceOf(CallEnded);
  });

  it('leaves no listener on a signal that outlives the call', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const provider = providerAt(fixture.simulator.baseUrl);
    const { id } = await provider.createStore(taggedStore('listener'), { ...LIMITS, signal });
    await provider.deleteStore(id, { ...LIMITS, signal });
    expect(listeners).toBe(0);
  });
});
