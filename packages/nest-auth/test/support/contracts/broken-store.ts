/** How the conformance kit registers its tests. */
type Collect = (name: string, run: () => Promise<void>) => void;

/** Runs the tests of a part of the kit, one after another. Returns the titles of the tests that fail. */
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

/** Lets all waiting work run: a store that reads and then writes loses a race in this pause. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
