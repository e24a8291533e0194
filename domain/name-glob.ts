/** What is wrong with a pattern for names; undefined where nothing is. */
export function globProblem(glob: string): string | undefined {
  if (glob.trim() === '') return 'the pattern is empty';
  if (glob.includes('/')) return 'the pattern is for names, directly in the directory: it may not have a /';
  // It would match every name but those.
  return glob.startsWith('!') ? 'the pattern may not begin with !' : undefined;
}
