/** A scrape must end although the database is away; Prometheus gives up after 10 s. */
const LIMIT_MS = 2_000;

/** What the ledger told in time; undefined where it failed or is too slow. */
export async function limited<T>(work: () => Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, undefined);
  });
  try {
    return await Promise.race([work(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
