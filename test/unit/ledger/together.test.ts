import { describe, expect, it } from 'vitest';
import { BUSY, together } from '../../../ledger/together.ts';

interface Open {
  readonly calls: readonly string[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** Statements that are answered when the test says so. */
function statements(busy: readonly string[] = [], shares?: (call: string) => boolean) {
  const open: Open[] = [];
  const sent: string[] = [];
  const begin = <T>(kind: string, calls: readonly string[], value: T): Promise<T> => {
    sent.push(`${kind} ${calls.join('+')}`);
    return new Promise((resolve, reject) => {
      open.push({
        calls,
        answer: () => {
          resolve(value);
        },
        fail: reject,
      });
    });
  };
  const call = together<string, string>({
    alone: (name) => begin('alone', [name], `${name} alone`),
    many: (names) =>
      begin(
        'many',
        names,
        names.map((name) => (busy.includes(name) ? BUSY : `${name} with others`)),
      ),
    ...(shares && { shares }),
  });
  return { call, open, sent };
}

/** Lets everything run that does not wait for a statement. */
const turn = () =>
  new Promise<void>((resolve) => {
    setImmediate(() => {
      setImmediate(resolve);
    });
  });

describe('calls of one kind', () => {
  it('a single one goes by the statement for one', async () => {
    const { call, open, sent } = statements();
    const answer = call('a');
    await turn();
    open[0]?.answer();
    expect(await answer).toBe('a alone');
    expect(sent).toEqual(['alone a']);
  });

  it('those that come in one turn share a statement, and each gets its own answer', async () => {
    const { call, open, sent } = statements();
    const answers = Promise.all(['a', 'b', 'c'].map(call));
    await turn();
    open[0]?.answer();
    expect(await answers).toEqual(['a with others', 'b with others', 'c with others']);
    expect(sent).toEqual(['many a+b+c']);
  });

  it('those that come while all statements are under way wait, and go together when one ends', async () => {
    const { call, open, sent } = statements();
    const answers: Promise<string>[] = [];
    for (const name of ['1', '2']) {
      answers.push(call(name));
      await turn();
    }
    answers.push(...['a', 'b', 'c'].map(call));
    await turn();
    expect(sent).toEqual(['alone 1', 'alone 2']);
    open[1]?.answer();
    await turn();
    expect(sent.slice(2)).toEqual(['many a+b+c']);
    for (const { answer } of open) answer();
    expect((await Promise.all(answers)).slice(2)).toEqual([
      'a with others',
      'b with others',
      'c with others',
    ]);
  });

  it('no statement is for more than 32', async () => {
    const { call, open } = statements();
    const answers = Promise.all(Array.from({ length: 70 }, (_unused, index) => call(String(index))));
    await turn();
    expect(open.map(({ calls }) => calls.length)).toEqual([32, 32]);
    open[0]?.answer();
    await turn();
    expect(open[2]?.calls).toHaveLength(6);
    for (const { answer } of open) answer();
    expect(await answers).toHaveLength(70);
  });

  it('one whose row is in other hands goes alone, and keeps nobody waiting', async () => {
    const { call, open, sent } = statements(['b']);
    const [a, b, c] = ['a', 'b', 'c'].map(call);
    await turn();
    open[0]?.answer();
    expect(await a).toBe('a with others');
    expect(await c).toBe('c with others');
    expect(sent).toEqual(['many a+b+c', 'alone b']);
    open[1]?.answer();
    expect(await b).toBe('b alone');
  });

  it('one that goes alone because its row was busy does not hold a place', async () => {
    const { call, open, sent } = statements(['b']);
    void call('a');
    void call('b');
    await turn();
    open[0]?.answer();
    await turn();
    for (const name of ['1', '2']) {
      void call(name);
      await turn();
    }
    expect(sent.slice(2)).toEqual(['alone 1', 'alone 2']);
  });

  it('share the failure of their statement, and later calls are not harmed', async () => {
    const { call, open } = statements();
    const answers = ['a', 'b'].map(call);
    await turn();
    open[0]?.fail(new Error('no answer'));
    expect(await Promise.allSettled(answers)).toMatchObject([
      { status: 'rejected', reason: new Error('no answer') },
      { status: 'rejected', reason: new Error('no answer') },
    ]);
    const next = call('c');
    await turn();
    open[1]?.answer();
    expect(await next).toBe('c alone');
  });

  it('one that may not share goes alone at once', () => {
    const { call, sent } = statements([], (name) => name !== 'long');
    void call('long');
    expect(sent).toEqual(['alone long']);
  });
});
