import { describe, expect, it } from 'vitest';
import { AcquireBody } from '../../../contract/acquire.ts';
import { FilesBody, filesOf } from '../../../contract/files.ts';
import { SessionsQuery } from '../../../contract/lease.ts';
import { SessionParams } from '../../../contract/parts.ts';
import { RegisterBody } from '../../../contract/register.ts';
import { RequestInvalid } from '../../../contract/request-invalid.ts';
import { compileValidator } from '../../../contract/validator.ts';

const acquire = compileValidator(AcquireBody, 'body');
const files = compileValidator(FilesBody, 'body');
const register = compileValidator(RegisterBody, 'body');
const params = compileValidator(SessionParams, 'path');
const sessions = compileValidator(SessionsQuery, 'query');

/** Type and place of each fault. */
function faultsOf(result: ReturnType<typeof files>): unknown[] {
  return 'faults' in result ? result.faults.map(({ type, loc }) => [type, loc]) : [];
}

describe('the body of acquire', () => {
  it.each([undefined, null])('may be absent (%s)', (body) => {
    expect(acquire(body)).toEqual({ value: undefined });
  });

  it.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
    ['true', true],
    ['FALSE', false],
    ['1', true],
    ['0', false],
    ['Yes', true],
    ['no', false],
    ['oN', true],
    ['off', false],
  ])('reads protected: %j as %s', (given, meant) => {
    expect(acquire({ protected: given, unknown: 1 })).toEqual({ value: { protected: meant } });
  });

  it.each(['maybe', '', 't', 'y', 2, -1, null, [], {}, [true]])('refuses protected: %j', (given) => {
    expect(faultsOf(acquire({ protected: given }))).toEqual([['bool_parsing', ['body', 'protected']]]);
  });

  it.each([[[]], ['x'], [1], [true]])('refuses %j', (body) => {
    expect(faultsOf(acquire(body))).toEqual([['model_attributes_type', ['body']]]);
  });

  it('is not fooled by names on the prototype', () => {
    const body: unknown = JSON.parse('{"__proto__":{"protected":true},"constructor":{"prototype":{"x":1}}}');
    expect(acquire(body)).toEqual({ value: {} });
    expect(Object.prototype).not.toHaveProperty('x');
  });
});

describe('the body of files', () => {
  it.each([
    [undefined, [['missing', ['body']]]],
    [null, [['missing', ['body']]]],
    [{}, [['missing', ['body', 'file_paths']]]],
    [{ file_ids: ['a'] }, [['missing', ['body', 'file_paths']]]],
    [true, [['model_attributes_type', ['body']]]],
    ['a', [['model_attributes_type', ['body']]]],
    [[1], [['string_type', ['body', 0]]]],
    [['a', null, [], 'b', {}], [1, 2, 4].map((index) => ['string_type', ['body', index]])],
    [{ file_paths: 'a' }, [['list_type', ['body', 'file_paths']]]],
    [{ file_paths: null }, [['list_type', ['body', 'file_paths']]]],
    [{ file_paths: { 0: 'a' } }, [['list_type', ['body', 'file_paths']]]],
    [{ file_paths: ['a', 1] }, [['string_type', ['body', 'file_paths', 1]]]],
    [{ file_paths: [], file_ids: true }, [['list_type', ['body', 'file_ids']]]],
    [['a\0b'], [['string_unicode', ['body', 0]]]],
    [['\ud800'], [['string_unicode', ['body', 0]]]],
    [['a', 'x'.repeat(4_097)], [['string_too_long', ['body', 1]]]],
    [['é'.repeat(2_049)], [['string_too_long', ['body', 0]]]],
    [Array<string>(10_001).fill('a'), [['too_long', ['body']]]],
    [{ file_paths: Array<string>(10_001).fill('a') }, [['too_long', ['body', 'file_paths']]]],
  ])('%# is refused', (body, faults) => {
    expect(faultsOf(files(body))).toEqual(faults);
  });

  it.each([
    [[], [], []],
    [['b', 'a', 'a', ''], ['b', 'a', 'a', ''], []],
    [{ file_paths: ['/x'] }, [], ['/x']],
    [{ file_paths: ['/x'], file_ids: ['a'] }, ['a'], ['/x']],
    [['é'.repeat(2_048), '😀'], ['é'.repeat(2_048), '😀'], []],
    [Array<string>(10_000).fill('a'), Array<string>(10_000).fill('a'), []],
  ])('%# is read', (body, fileIds, filePaths) => {
    const result = files(body);
    expect(faultsOf(result)).toEqual([]);
    const value = 'value' in result ? result.value : undefined;
    expect(filesOf(value as FilesBody)).toEqual({ fileIds, filePaths });
  });

  it('holds at most 10 000 entries over both lists', () => {
    const half = Array<string>(5_001).fill('a');
    expect(() => filesOf({ file_ids: half, file_paths: half })).toThrow(RequestInvalid);
    expect(() => filesOf({ file_ids: half.slice(1), file_paths: half.slice(1) })).not.toThrow();
  });

  it('lists at most 100 faults', () => {
    expect(faultsOf(files(Array<number>(10_000).fill(1)))).toHaveLength(100);
  });
});

describe('the other parts', () => {
  it.each([
    ['a', []],
    ['ä b;c', []],
    ['é'.repeat(120), []],
    ['é'.repeat(120) + 'x', [['string_too_long', ['path', 'session_id']]]],
    ['x'.repeat(241), [['string_too_long', ['path', 'session_id']]]],
    ['a\0', [['string_unicode', ['path', 'session_id']]]],
  ])('session id %# ', (id, faults) => {
    expect(faultsOf(params({ session_id: id }))).toEqual(faults);
  });

  it.each([
    [{}, { limit: 50 }],
    [
      { limit: '200', state: 'draining', stuck: 'on', cursor: 'c', other: 'x' },
      { limit: 200, state: 'draining', stuck: true, cursor: 'c' },
    ],
    [{ limit: ['7', '8'] }, { limit: 8 }],
  ])('reads the query %j', (query, value) => {
    expect(sessions(query)).toEqual({ value });
  });

  it.each([
    [{ limit: '0' }, 'greater_than_equal', 'limit'],
    [{ limit: '201' }, 'less_than_equal', 'limit'],
    [{ limit: '' }, 'int_parsing', 'limit'],
    [{ limit: '1.5' }, 'int_parsing', 'limit'],
    [{ limit: '9'.repeat(400) }, 'int_parsing', 'limit'],
    [{ state: 'open' }, 'enum', 'state'],
    [{ stuck: '' }, 'bool_parsing', 'stuck'],
    [{ cursor: 'x'.repeat(1_025) }, 'string_too_long', 'cursor'],
  ])('refuses the query %j', (query, type, field) => {
    expect(faultsOf(sessions(query))).toEqual([[type, ['query', field]]]);
  });

  it('protects a registered store unless told otherwise', () => {
    expect(register({ vector_store_id: 'vs_1' })).toEqual({
      value: { vector_store_id: 'vs_1', protected: true },
    });
    expect(faultsOf(register({ vector_store_id: '', protected: 'x' }))).toEqual([
      ['string_too_short', ['body', 'vector_store_id']],
      ['bool_parsing', ['body', 'protected']],
    ]);
    expect(faultsOf(register({ vector_store_id: 7 }))).toEqual([
      ['string_type', ['body', 'vector_store_id']],
    ]);
    expect(faultsOf(register(undefined))).toEqual([['missing', ['body']]]);
  });
});

describe('the words', () => {
  it('are those of the reference', () => {
    expect(files({})).toEqual({
      faults: [{ type: 'missing', loc: ['body', 'file_paths'], msg: 'Field required', input: {} }],
    });
    expect(files([1])).toEqual({
      faults: [{ type: 'string_type', loc: ['body', 0], msg: 'Input should be a valid string', input: 1 }],
    });
    expect(files({ file_paths: 1 })).toMatchObject({ faults: [{ msg: 'Input should be a valid list' }] });
    expect(files(3)).toMatchObject({
      faults: [{ msg: 'Input should be a valid dictionary or object to extract fields from', input: 3 }],
    });
    expect(acquire({ protected: 'maybe' })).toMatchObject({
      faults: [{ msg: 'Input should be a valid boolean, unable to interpret input', input: 'maybe' }],
    });
    expect(sessions({ limit: '0', state: 'x' })).toMatchObject({
      faults: [
        { msg: "Input should be 'provisioning', 'active', 'draining' or 'closed'" },
        { msg: 'Input should be greater than or equal to 1', ctx: { ge: 1 } },
      ],
    });
  });

  it('never repeat a value that is too large or cannot be written', () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 200_000; depth += 1) deep = [deep];
    const input = (value: unknown) =>
      new RequestInvalid([{ type: 't', loc: ['body'], msg: 'm', input: value }]).body().detail[0]?.input;
    expect(input(deep)).toBeNull();
    expect(input({ text: 'x'.repeat(10_000) })).toBeNull();
    expect(input('x'.repeat(100_000))).toHaveLength(8_192);
    expect(input({ a: 1 })).toEqual({ a: 1 });
  });
});
