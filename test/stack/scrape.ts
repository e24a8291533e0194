import { expect } from 'vitest';

/** Every sample of a scrape, by name and labels in the order of the text. */
export type Samples = ReadonlyMap<string, number>;

/** The text of a program's `/metrics`. */
export async function scrapeText(url: string): Promise<string> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  return answer.text();
}

export async function scrape(url: string): Promise<Samples> {
  const lines = (await scrapeText(url)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Sum over all series of the metric whose text has all of these parts. */
export function total(samples: Samples, metric: string, ...parts: readonly string[]): number {
  return [...samples]
    .filter(([series]) => series.startsWith(metric) && parts.every((part) => series.includes(part)))
    .reduce((sum, [, value]) => sum + value, 0);
}
