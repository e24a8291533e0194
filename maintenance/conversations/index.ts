/** The public face of the retention of conversations. */
export type * from './contract.ts';
export { cleanUpConversations } from './clean-up.ts';
