/** What an activity lends to a pass: a pulse, and the wish to stop. */
export interface PassContext {
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
}
