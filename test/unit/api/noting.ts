/** Every call the routes made, by name, with its arguments. */
export type Calls = [name: string, ...args: unknown[]][];

interface Noting<Room> {
  readonly calls: Calls;
  readonly override: Partial<Room>;
  readonly unnoted?: readonly (keyof Room)[];
}

/** A room that notes each call; `override`, read at each call, replaces single answers. */
export function noting<Room extends object>(
  answers: Room,
  { calls, override, unnoted = [] }: Noting<Room>,
): Room {
  return new Proxy(answers, {
    get:
      (target, name) =>
      (...args: unknown[]) => {
        const key = name as keyof Room;
        if (!unnoted.includes(key)) calls.push([String(name), ...args]);
        const answer = override[key] ?? target[key];
        return (answer as (...given: unknown[]) => unknown)(...args);
      },
  });
}
