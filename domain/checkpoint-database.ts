/** Where LangGraph keeps the conversations of the chat services. */
export type CheckpointDatabase =
  { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

/**
 * Reads `sqlite:/path/memory.db` (also `sqlite:///path/memory.db`) or `postgres://…`; `undefined` for anything else. The
 * path is given back as it stands.
 */
export function parseCheckpointDatabase(text: string): CheckpointDatabase | undefined {
  if (/^postgres(ql)?:\/\/./.test(text)) return { kind: 'postgres', url: text };
  const [, path] = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(text) ?? [];
  return path === undefined || path.includes('\0') ? undefined : { kind: 'sqlite', path };
}
