import { describe, expect, test } from 'vitest';
import { loadConfig, toolTimeouts } from '../../../config/index.ts';
import { brokenOrder, LISTED_MODELS, timeoutChain } from '../../../domain/timeouts.ts';
import { problemsWith } from './problems.ts';

const DEFAULTS = toolTimeouts(loadConfig({}, { dotenvPath: false }));

/** Model, multiplier, then the milliseconds of workflow tool, daemon, shim and client. */
const CHAINS = [
  ['kimi-thinking-preview', 1.5, 67_500, 101_250, 135_000, 168_750],
  ['glm-4.6', 1.3, 58_500, 87_750, 117_000, 146_250],
  ['kimi-k2-0905-preview', 1.2, 54_000, 81_000, 108_000, 135_000],
  ['kimi-k2-turbo-preview', 0.8, 36_000, 54_000, 72_000, 90_000],
  ['glm-4.5-flash', 0.7, 31_500, 47_250, 63_000, 78_750],
  ['glm-4.5-air', 0.6, 27_000, 40_500, 54_000, 67_500],
] as const;
const UNSCALED = {
  multiplier: 1,
  toolMs: 30_000,
  workflowMs: 45_000,
  daemonMs: 67_500,
  shimMs: 90_000,
  clientMs: 112_500,
};

describe('the chain', () => {
  test.each(CHAINS)('of %s', (model, multiplier, workflowMs, daemonMs, shimMs, clientMs) => {
    expect(timeoutChain(DEFAULTS, model)).toEqual({
      ...{ multiplier, toolMs: 30_000, workflowMs, daemonMs, shimMs, clientMs },
    });
  });
  test('is told of each listed model', () => {
    expect(CHAINS.map(([model]) => model)).toEqual(LISTED_MODELS);
  });
  test.each([null, '', 'gpt-5', 'GLM-4.6', 'constructor', '__proto__'])('of %j is not scaled', (model) => {
    expect(timeoutChain(DEFAULTS, model)).toEqual(UNSCALED);
  });
  test('is rounded to the millisecond, halves up, each number from the configured one', () => {
    // 45 001 × 1.3 = 58 501.3; × 1.5 = 87 751.95; × 2 = 117 002.6; × 2.5 = 146 253.25
    expect(timeoutChain({ toolMs: 1, workflowMs: 45_001 }, 'glm-4.6')).toMatchObject({
      ...{ toolMs: 1, workflowMs: 58_501, daemonMs: 87_752, shimMs: 117_003, clientMs: 146_253 },
    });
    // 1 005 × 0.7 × 1.5 = 1 055.25; 45 × 0.7 = 31.5
    expect(timeoutChain({ toolMs: 1, workflowMs: 1_005 }, 'glm-4.5-flash').daemonMs).toBe(1_055);
    expect(timeoutChain({ toolMs: 1, workflowMs: 45 }, 'glm-4.5-flash').workflowMs).toBe(32);
  });
  test('moves a half up for every multiplier, although the multipliers are no binary fractions', () => {
    for (const model of LISTED_MODELS) {
      for (let workflowMs = 1; workflowMs < 2_000; workflowMs += 1) {
        const { multiplier, daemonMs } = timeoutChain({ toolMs: 1, workflowMs }, model);
        const twentieths = BigInt(workflowMs * Math.round(multiplier * 10) * 3);
        expect(BigInt(daemonMs)).toBe((twentieths * 2n + 20n) / 40n);
      }
    }
  });
  test('takes settings finer than a millisecond to the next', () => {
    expect(toolTimeouts({ SIMPLE_TOOL_TIMEOUT_SECS: 1.0004, WORKFLOW_TOOL_TIMEOUT_SECS: 2.0016 })).toEqual({
      toolMs: 1_000,
      workflowMs: 2_002,
    });
  });
});

describe('the order tool < daemon < shim < client', () => {
  test('holds for the defaults', () => {
    expect(brokenOrder(DEFAULTS)).toBeNull();
  });
  test('is broken where the tool has as long as the daemon', () => {
    expect(brokenOrder({ toolMs: 67_500, workflowMs: 45_000 })).toEqual({
      model: null,
      inner: { link: 'tool', ms: 67_500 },
      outer: { link: 'daemon', ms: 67_500 },
    });
  });
  test('is broken where it is for one model', () => {
    expect(brokenOrder({ toolMs: 40_499, workflowMs: 45_000 })).toBeNull();
    expect(brokenOrder({ toolMs: 40_500, workflowMs: 45_000 })).toMatchObject({
      model: 'glm-4.5-air',
      outer: { link: 'daemon', ms: 40_500 },
    });
  });
  test('is broken between the others where there is nothing to multiply', () => {
    expect(brokenOrder({ toolMs: 1, workflowMs: 1 })).toMatchObject({
      inner: { link: 'daemon', ms: 2 },
      outer: { link: 'shim', ms: 2 },
    });
  });

  test.each([
    [{ SIMPLE_TOOL_TIMEOUT_SECS: '67.5' }, /but the tool has 67\.5 s and the daemon 67\.5 s$/],
    [{ WORKFLOW_TOOL_TIMEOUT_SECS: '20' }, /but the tool has 30 s and the daemon 30 s$/],
    [
      { SIMPLE_TOOL_TIMEOUT_SECS: '45' },
      /but for the model glm-4\.5-air the tool has 45 s and the daemon 40\.5 s$/,
    ],
  ])('is one problem that names both variables: %o', (env, said) => {
    const [problem, ...rest] = problemsWith(env);
    expect(rest).toEqual([]);
    expect(problem).toMatch(/^SIMPLE_TOOL_TIMEOUT_SECS, WORKFLOW_TOOL_TIMEOUT_SECS: must keep the order/);
    expect(problem).toMatch(said);
  });
  test('is no second problem beside a number that cannot be read', () => {
    expect(problemsWith({ SIMPLE_TOOL_TIMEOUT_SECS: '99', WORKFLOW_TOOL_TIMEOUT_SECS: 'x' })).toHaveLength(1);
  });
});
