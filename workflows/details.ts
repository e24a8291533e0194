import type { DrainView, LiveView, SessionView } from '../activities/contract.ts';

/** The workflow's current details, as the Web UI shows them. */
export function detailsMarkdown(sessionId: string, view: SessionView, lookedAtMs: number): string {
  const lines = [`**Session** ${code(sessionId)}`, ''];
  lines.push(...(view.live === null ? ['No live lease.'] : liveLines(view.live)));
  if (view.draining.length > 0) lines.push('', '**Being deleted**', '', ...view.draining.map(drainLine));
  lines.push('', `_Looked at the ledger ${new Date(lookedAtMs).toISOString()}._`);
  return lines.join('\n');
}

function liveLines(live: LiveView): string[] {
  return [
    `- lease ${code(live.leaseId)}: **${live.state}**${live.protected ? ', protected' : ''}`,
    `- vector store ${live.vectorStoreId === null ? 'being made' : code(live.vectorStoreId)}`,
    `- ${deadline(live)}`,
  ];
}

/** "At least": renewals over HTTP move the deadline without telling the workflow. */
function deadline(live: LiveView): string {
  if (live.expiresAt !== null) return `lasts at least until ${live.expiresAt}`;
  return live.protected ? 'no deadline' : 'deadline not set yet';
}

function drainLine(lease: DrainView): string {
  const parts = [`- lease ${code(lease.leaseId)}`];
  if (lease.vectorStoreId !== null) parts.push(`vector store ${code(lease.vectorStoreId)}`);
  if (lease.stuck) parts.push('**stuck**');
  if (lease.attempts > 0) parts.push(`${lease.attempts} failed attempts`);
  if (lease.lastError !== null) parts.push(`last error ${code(lease.lastError)}`);
  if (typeof lease.waitsFor === 'string') parts.push(`waits for ${code(lease.waitsFor)}`);
  if (lease.nextTryAt !== null) parts.push(`next try ${lease.nextTryAt}`);
  return parts.join(', ');
}

/** A code span that its content cannot end: ids and errors come from outside. */
function code(text: string): string {
  return `\`${text.replace(/[`\r\n]/g, ' ')}\``;
}
