import { brokenOrder } from '../domain/timeouts.ts';
import { toolTimeouts } from './tool-timeouts.ts';
import type { Candidate } from './cross-checks.ts';

/** One problem where the tool's timeout leaves no room for the links around it, for any model. */
export function timeoutProblems(candidate: Candidate): string[] {
  const { SIMPLE_TOOL_TIMEOUT_SECS: simple, WORKFLOW_TOOL_TIMEOUT_SECS: workflow } = candidate;
  if (typeof simple !== 'number' || typeof workflow !== 'number') return [];
  const broken = brokenOrder(
    toolTimeouts({ SIMPLE_TOOL_TIMEOUT_SECS: simple, WORKFLOW_TOOL_TIMEOUT_SECS: workflow }),
  );
  if (broken === null) return [];
  const { model, inner, outer } = broken;
  const whose = model === null ? '' : ` for the model ${model}`;
  return [
    'SIMPLE_TOOL_TIMEOUT_SECS, WORKFLOW_TOOL_TIMEOUT_SECS: must keep the order tool < daemon < shim < client, ' +
      `but${whose} the ${inner.link} has ${inner.ms / 1000} s and the ${outer.link} ${outer.ms / 1000} s`,
  ];
}
