import type { ToolTimeouts } from '../domain/timeouts.ts';
import type { Config } from './schema.ts';

/** The configured timeouts of tools; what is finer than a millisecond is rounded. */
export function toolTimeouts(
  config: Pick<Config, 'SIMPLE_TOOL_TIMEOUT_SECS' | 'WORKFLOW_TOOL_TIMEOUT_SECS'>,
): ToolTimeouts {
  return {
    toolMs: Math.round(config.SIMPLE_TOOL_TIMEOUT_SECS * 1000),
    workflowMs: Math.round(config.WORKFLOW_TOOL_TIMEOUT_SECS * 1000),
  };
}
