// The limit of logins: only bcrypt.
import bcrypt from 'bcrypt';
import { offer, settingsOf } from '../harness/subject.js';
import { PASSWORD } from '../login.js';

const { cost } = settingsOf<{ cost: number }>();

offer(async () => {
  const hash = await bcrypt.hash(PASSWORD, cost);
  return {
    /** Compares, this many at a time, for this time. @returns the number per second */
    slice: async (ms: number, concurrency: number) => {
      const started = performance.now();
      let count = 0;
      const worker = async () => {
        while (performance.now() - started < ms) {
          await bcrypt.compare(PASSWORD, hash);
          count++;
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
      return (count / (performance.now() - started)) * 1000;
    },
  };
});
