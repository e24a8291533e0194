import { badRequest } from './api-error.ts';
import { OPERATIONS, type Fault, type FaultRule, type Phase } from './contract.ts';
import { isObject } from './validate.ts';

/** In which phase a kind strikes; `any`: as the rule says, before by default. Total by type. */
const PHASES: Readonly<Record<Fault['kind'], Phase | 'any'>> = {
  status: 'any',
  hang: 'any',
  hold: 'any',
  latency: 'any',
  drop_before: 'before',
  drop_after: 'after',
  invalid_json: 'after',
  answer: 'after',
  stall_body: 'after',
  cut_body: 'after',
  // These change what the call does, and strike in neither phase.
  empty_list: 'before',
  repeat_cursor: 'before',
  delete_noop: 'before',
  appear_late: 'before',
};

const RULE_FIELDS = ['match', 'times', 'skip', 'fault', 'phase'];
const MATCH_FIELDS = ['operation', 'method', 'path', 'id', 'lease'];

export function phaseOf(rule: FaultRule): Phase {
  const phase = PHASES[rule.fault.kind];
  return phase === 'any' ? (rule.phase ?? 'before') : phase;
}

/** Kinds that can strike while a body arrives. */
const IN_A_BODY: readonly Fault['kind'][] = ['hang', 'hold', 'latency'];

function refuseUnknown(value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw badRequest(`Unknown in a fault rule: ${unknown.join(', ')}.`);
}

/** Reads a rule from the wire; a misspelt one is refused, or a test would wait for a fault that never strikes. */
export function faultRuleOf(value: unknown): FaultRule {
  const fault = isObject(value) ? value['fault'] : undefined;
  const kind = isObject(fault) ? fault['kind'] : undefined;
  if (!isObject(value) || typeof kind !== 'string' || !Object.hasOwn(PHASES, kind)) {
    throw badRequest(`A fault rule needs fault.kind, one of: ${Object.keys(PHASES).join(', ')}.`);
  }
  refuseUnknown(value, RULE_FIELDS);
  const match = value['match'] ?? {};
  if (!isObject(match)) throw badRequest('match must be an object.');
  refuseUnknown(match, MATCH_FIELDS);
  const operation = match['operation'];
  if (operation !== undefined && !(OPERATIONS as readonly unknown[]).includes(operation)) {
    throw badRequest(`Unknown operation; known are: ${OPERATIONS.join(', ')}.`);
  }
  const rule = value as unknown as FaultRule;
  if (rule.phase === 'during' && (operation !== 'upload_file' || !IN_A_BODY.includes(rule.fault.kind))) {
    throw badRequest(`phase during is for upload_file, and one of: ${IN_A_BODY.join(', ')}.`);
  }
  return rule;
}
