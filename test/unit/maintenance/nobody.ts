/** Of the user `nobody`. */
export const NOBODY = 65_534;

export const isRoot = process.getuid?.() === 0;

/** Gives up the rights of root for good, and belongs to no group but that one. */
export function becomeNobody(group: number = NOBODY): void {
  process.setgroups?.([group]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
