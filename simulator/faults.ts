import type { CallMatch, FaultRule } from './contract.ts';
import type { OpenEntry } from './journal.ts';

interface ActiveRule {
  readonly id: number;
  readonly rule: FaultRule;
  readonly path: RegExp | undefined;
  skip: number;
  left: number;
}

/** The faults that wait for their calls. */
export interface Faults {
  /** Resolves with the rule's id; throws for a path that is no regular expression. */
  readonly add: (rule: FaultRule) => number;
  readonly clear: () => void;
  /** The rules that have hits left, with how many (0 = endless). */
  readonly list: () => readonly (FaultRule & { readonly id: number; readonly left: number })[];
  /** The first rule that the call meets, used up by one. */
  readonly take: (entry: OpenEntry) => FaultRule | undefined;
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

function activate(id: number, rule: FaultRule): ActiveRule {
  const path = rule.match?.path;
  const times = rule.times ?? 1;
  return {
    id,
    rule,
    path: path === undefined ? undefined : new RegExp(path),
    skip: rule.skip ?? 0,
    left: times === 0 ? Infinity : times,
  };
}

export function openFaults(): Faults {
  let rules: ActiveRule[] = [];
  let lastId = 0;
  return {
    add: (rule) => {
      rules.push(activate(lastId + 1, rule));
      return (lastId += 1);
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
  };
}
