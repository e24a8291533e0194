/**
 * How long each link between a caller and a tool of an MCP server waits. Every link waits longer than the one it
 * waits for, so that the innermost tells what went wrong: tool < daemon < shim < client.
 */

/** Milliseconds, as configured. */
export interface ToolTimeouts {
  /** A tool that does one thing. The same for every model. */
  readonly toolMs: number;
  /** A tool that works in several steps. */
  readonly workflowMs: number;
}

/** What it comes to for one model. Whole milliseconds. */
export interface TimeoutChain extends ToolTimeouts {
  readonly multiplier: number;
  readonly daemonMs: number;
  readonly shimMs: number;
  readonly clientMs: number;
}

/** How much longer than 1 a model takes, in tenths; the contract's numbers. */
const TENTHS: ReadonlyMap<string, number> = new Map([
  ['kimi-thinking-preview', 15],
  ['glm-4.6', 13],
  ['kimi-k2-0905-preview', 12],
  ['kimi-k2-turbo-preview', 8],
  ['glm-4.5-flash', 7],
  ['glm-4.5-air', 6],
]);
const UNLISTED_TENTHS = 10;

/** Timeouts of the links as halves of the workflow tool's: 1.5, 2 and 2.5 times (the contract's numbers). */
const HALVES = { workflow: 2, daemon: 3, shim: 4, client: 5 };

/** Models whose multiplier is not 1. */
export const LISTED_MODELS: readonly string[] = [...TENTHS.keys()];

/**
 * The chain for a model; null and names that are not listed have the multiplier 1. Each number is made from the
 * configured one, not from another that is rounded already, and rounded once to the millisecond, halves up. The
 * product is one of whole numbers: no error of floating point moves a half to the wrong side.
 */
export function timeoutChain({ toolMs, workflowMs }: ToolTimeouts, model: string | null): TimeoutChain {
  const tenths = (model === null ? undefined : TENTHS.get(model)) ?? UNLISTED_TENTHS;
  const scaled = (halves: number): number => Math.round((workflowMs * tenths * halves) / 20);
  return {
    multiplier: tenths / 10,
    toolMs,
    workflowMs: scaled(HALVES.workflow),
    daemonMs: scaled(HALVES.daemon),
    shimMs: scaled(HALVES.shim),
    clientMs: scaled(HALVES.client),
  };
}

/** Two neighbours of the chain of which the first does not end before the second. Milliseconds. */
export interface BrokenOrder {
  /** Null = any that is not listed. */
  readonly model: string | null;
  readonly inner: { readonly link: string; readonly ms: number };
  readonly outer: { readonly link: string; readonly ms: number };
}

/** The first place where the order does not hold, for any model; null where it holds for all. */
export function brokenOrder(timeouts: ToolTimeouts): BrokenOrder | null {
  for (const model of [null, ...LISTED_MODELS]) {
    const { toolMs, daemonMs, shimMs, clientMs } = timeoutChain(timeouts, model);
    const links = [
      { link: 'tool', ms: toolMs },
      { link: 'daemon', ms: daemonMs },
      { link: 'shim', ms: shimMs },
      { link: 'client', ms: clientMs },
    ];
    for (const [index, outer] of links.entries()) {
      const inner = links[index - 1];
      if (inner !== undefined && inner.ms >= outer.ms) return { model, inner, outer };
    }
  }
  return null;
}
