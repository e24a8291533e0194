import {
  OPERATIONS,
  type CallMatch,
  type Fault,
  type FaultRule,
  type HeldCall,
  type Phase,
} from './contract.ts';
import { badRequest } from './api-error.ts';
import type { OpenEntry } from './journal.ts';
import { isObject } from './validate.ts';

interface ActiveRule {
  readonly id: number;
  readonly rule: FaultRule;
  readonly path: RegExp | undefined;
  skip: number;
  left: number;
}

/** What frees a held call: it goes on, or its connection is cut. */
export type ReleaseHow = 'continue' | 'drop';

interface Waiting {
  readonly held: HeldCall;
  readonly free: (how: ReleaseHow) => void;
}

export interface Faults {
  add(rule: FaultRule): number;
  clear(): void;
  /** The rules that have hits left, with how many (0 = endless). */
  list(): readonly (FaultRule & { readonly id: number; readonly left: number })[];
  /** The first rule that the call meets, used up by one. */
  take(entry: OpenEntry): FaultRule | undefined;
  hold(name: string, phase: Phase, entry: OpenEntry): Promise<ReleaseHow>;
  /** Frees the calls now held under the name; how many. */
  release(name: string, how: ReleaseHow): number;
  releaseAll(how: ReleaseHow): void;
  held(): readonly HeldCall[];
}

const FIXED_PHASE: Partial<Record<Fault['kind'], Phase>> = {
  drop_before: 'before',
  drop_after: 'after',
  invalid_json: 'after',
  answer: 'after',
  stall_body: 'after',
  cut_body: 'after',
};

/** The phase in which a fault strikes. */
export function phaseOf(rule: FaultRule): Phase {
  return FIXED_PHASE[rule.fault.kind] ?? rule.phase ?? 'before';
}

const KINDS: ReadonlySet<string> = new Set<Fault['kind']>([
  'status',
  'hang',
  'hold',
  'drop_before',
  'drop_after',
  'empty_list',
  'repeat_cursor',
  'delete_noop',
  'appear_late',
  'latency',
  'invalid_json',
  'answer',
  'stall_body',
  'cut_body',
]);

/** Reads a rule from the wire; a misspelt one is refused, or a test would wait for a fault that never strikes. */
export function faultRuleOf(value: unknown): FaultRule {
  const fault = isObject(value) ? value['fault'] : undefined;
  if (!isObject(value) || !isObject(fault) || !KINDS.has(String(fault['kind']))) {
    throw badRequest(`A fault rule needs fault.kind, one of: ${[...KINDS].join(', ')}.`);
  }
  const match = value['match'] ?? {};
  if (!isObject(match)) throw badRequest('match must be an object.');
  const unknown = Object.keys(match).filter(
    (key) => !['operation', 'method', 'path', 'id', 'lease'].includes(key),
  );
  if (unknown.length > 0) throw badRequest(`Unknown match: ${unknown.join(', ')}.`);
  const operation = match['operation'];
  if (operation !== undefined && !(OPERATIONS as readonly unknown[]).includes(operation)) {
    throw badRequest(`Unknown operation: ${String(operation)}.`);
  }
  return value as unknown as FaultRule;
}

function meets(active: ActiveRule, entry: OpenEntry): boolean {
  const match: CallMatch = active.rule.match ?? {};
  return (
    (match.operation === undefined || match.operation === entry.operation) &&
    (match.method === undefined || match.method.toUpperCase() === entry.method) &&
    (match.id === undefined || match.id === entry.target) &&
    (match.lease === undefined || match.lease === entry.lease) &&
    (active.path === undefined || active.path.test(entry.path))
  );
}

export function openFaults(): Faults {
  let rules: ActiveRule[] = [];
  let waiting: Waiting[] = [];
  let lastId = 0;

  const free = (chosen: readonly Waiting[], how: ReleaseHow): number => {
    waiting = waiting.filter((one) => !chosen.includes(one));
    for (const one of chosen) one.free(how);
    return chosen.length;
  };

  return {
    add: (rule) => {
      const path = rule.match?.path;
      const times = rule.times ?? 1;
      rules.push({
        id: (lastId += 1),
        rule,
        path: path === undefined ? undefined : new RegExp(path),
        skip: rule.skip ?? 0,
        left: times === 0 ? Infinity : times,
      });
      return lastId;
    },
    clear: () => {
      rules = [];
    },
    list: () => rules.map(({ id, rule, left }) => ({ ...rule, id, left: left === Infinity ? 0 : left })),
    take: (entry) => {
      for (const active of rules) {
        if (!meets(active, entry)) continue;
        if (active.skip > 0) {
          active.skip -= 1;
          continue;
        }
        active.left -= 1;
        if (active.left <= 0) rules = rules.filter((one) => one !== active);
        return active.rule;
      }
      return undefined;
    },
    hold: (name, phase, entry) =>
      new Promise<ReleaseHow>((resolve) => {
        const { seq, operation, target, lease } = entry;
        waiting.push({
          held: { name, phase, seq, operation, target, lease, since_ms: Date.now() },
          free: resolve,
        });
      }),
    release: (name, how) =>
      free(
        waiting.filter(({ held }) => held.name === name),
        how,
      ),
    releaseAll: (how) => void free(waiting, how),
    held: () => waiting.map(({ held }) => held),
  };
}
