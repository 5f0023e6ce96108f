// One library that signs and verifies JWTs, in a process of its own.
import 'reflect-metadata';
import { offer, settingsOf } from '../harness/subject.js';
import { libraryOf, type Operation, WARM } from '../signature-libraries.js';

const { library, algorithm } = settingsOf<{ library: string; algorithm: string }>();

offer(async () => {
  const made = await libraryOf(library, algorithm);
  return {
    operations: () => Object.keys(made.operations),
    /** Repeats an operation for this time. @returns the nanoseconds that each one took */
    slice: async (name: string, ms: number) => {
      made.forget();
      const operation = made.operations[name] as Operation;
      // Twice, because some libraries cache a token only from its second use on.
      if (name.endsWith('warm')) for (let n = 0; n < 2 * WARM; n++) await operation(n);
      const started = performance.now();
      let count = 0;
      for (; performance.now() - started < ms && count < made.tokens; count++) {
        const result = operation(count);
        // Awaiting a value that is not a promise would cost a turn of the microtask queue.
        if (result instanceof Promise) await result;
      }
      return ((performance.now() - started) * 1e6) / count;
    },
  };
});
