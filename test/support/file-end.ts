type Work = () => Promise<void>;

let works: Work[] = [];

/** Has something done when the test file is over and nothing that it started runs any more. */
export function atFileEnd(work: Work): void {
  works.push(work);
}

/** Does what was asked for, the latest first. */
export async function endFile(): Promise<void> {
  const asked = works.toReversed();
  works = [];
  for (const work of asked) await work();
}
