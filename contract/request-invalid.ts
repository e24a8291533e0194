/** Where in a request a fault is: the part, then field names and list indices. */
export type Location = readonly (string | number)[];

/** One fault of a request, as the answer's `detail` lists it. */
export interface Fault {
  readonly type: string;
  readonly loc: Location;
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Longest text of a refused value that is repeated in the answer. */
const MAX_ECHO_CHARACTERS = 8_192;

/** A request that does not fit its schema: 422 with every fault found. */
export class RequestInvalid extends Error {
  readonly statusCode = 422;
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super('The request does not fit its schema.');
    this.name = 'RequestInvalid';
    this.faults = faults;
  }

  /** The answer's body. Values too large to repeat are left out, so that an answer never grows with a request. */
  body(): { detail: Fault[] } {
    return { detail: this.faults.map((fault) => ({ ...fault, input: echo(fault.input) })) };
  }
}

function echo(input: unknown): unknown {
  if (input === undefined) return null;
  if (typeof input === 'string') return input.slice(0, MAX_ECHO_CHARACTERS);
  if (typeof input !== 'object' || input === null) return input;
  try {
    return JSON.stringify(input).length <= MAX_ECHO_CHARACTERS ? input : null;
  } catch {
    // Nested too deeply to be written out.
    return null;
  }
}
