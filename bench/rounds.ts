/** Rates vary by a third from one second to the next on a shared machine; what is compared is measured in turns. */
const ROUNDS = 5;

/** Measures everything in turn, several times over; of each the round with the median rate. */
export async function inRounds<Name extends string, Result extends { readonly perSecond: number }>(
  measurements: Readonly<Record<Name, () => Promise<Result>>>,
): Promise<Readonly<Record<Name, Result>>> {
  const names = Object.keys(measurements) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) results[name].push(await measurements[name]());
  }
  return Object.fromEntries(names.map((name) => [name, median(results[name])])) as Record<Name, Result>;
}

function median<Result extends { readonly perSecond: number }>(results: readonly Result[]): Result {
  const middle = results.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)];
  if (middle === undefined) throw new Error('no round');
  return middle;
}
