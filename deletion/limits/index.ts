/** The public face of the limits: what composition roots need. */
export type { LimitMeter } from './deps.ts';
export { HeldBack } from './held-back.ts';
export { limitProvider } from './limit-provider.ts';
export { limitSettings, type LimitSettings } from './settings.ts';
