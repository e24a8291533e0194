/** Acquires leases for the given sessions, so many at once; throws where one is not answered 200. */
export async function acquireMany(
  apiUrl: string,
  sessions: readonly string[],
  atOnce: number,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < sessions.length; index = next++) {
        const session = sessions[index] ?? '';
        const response = await fetch(`${apiUrl}/session/${session}/acquire`, { method: 'POST' });
        const body = await response.text();
        if (response.status !== 200) throw new Error(`acquire answered ${response.status}: ${body}`);
      }
    }),
  );
}

/** Session ids of a section. */
export function sessionIds(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_unused, index) => `${prefix}-${index}`);
}
