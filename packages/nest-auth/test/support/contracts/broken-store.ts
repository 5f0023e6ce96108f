/** How the conformance kit hands over its tests. */
type Collect = (name: string, run: () => Promise<void>) => void;

/** Runs the tests that a part of the kit hands over, one after another. Answers with the titles of those that fail. */
export async function failuresOf(kit: (test: Collect) => void): Promise<string[]> {
  const failures: string[] = [];
  const running: (() => Promise<void>)[] = [];
  kit((name, run) => running.push(() => run().catch(() => void failures.push(name))));
  for (const run of running) await run();
  return failures;
}

/** A store with some methods replaced. */
export function changed<T extends object>(honest: T, changes: Partial<T>): T {
  return new Proxy(honest, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key, target);
      return Reflect.get(changes, key) ?? (typeof own === 'function' ? own.bind(target) : own);
    },
  });
}

/** Lets everything run that waits: the pause in which a store that reads and then writes loses a race. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
