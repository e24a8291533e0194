import { ConfigSchema } from './schema.ts';

/** A setting as somebody gave it. */
export interface Given {
  /** The variable. */
  readonly as: string;
  readonly text: string;
}
export type GivenSettings = Readonly<Record<string, Given>>;

/** Settings that may go by a second name: that of their contract, which says too little beside ours. */
const SECOND_NAMES: Readonly<Record<string, string>> = {
  FILES_CLEANUP_INTERVAL_HOURS: 'CLEANUP_INTERVAL_HOURS',
  CONVERSATION_CLEANUP_CRON: 'SESSION_CLEANUP_CRON',
  CONVERSATION_RETENTION_DAYS: 'SESSION_RETENTION_DAYS',
};

/** Our own variables only: the rest of the environment is not our business. */
export function givenSettings(environment: Readonly<Record<string, string>>): GivenSettings {
  const given: Record<string, Given> = {};
  for (const name of Object.keys(ConfigSchema.properties)) {
    for (const as of [name, SECOND_NAMES[name]]) {
      const text = as === undefined ? undefined : environment[as];
      if (as !== undefined && text !== undefined) given[name] ??= { as, text: text.trim() };
    }
  }
  return given;
}

/** One problem for each setting that is given under both of its names, and not the same. */
export function secondNameProblems(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(SECOND_NAMES).flatMap(([name, second]) => {
    const [one, other] = [environment[name]?.trim(), environment[second]?.trim()];
    if (one === undefined || other === undefined || one === other) return [];
    return [`${second}: is "${other}", but ${name}, another name of it, is "${one}"; set one of them`];
  });
}
