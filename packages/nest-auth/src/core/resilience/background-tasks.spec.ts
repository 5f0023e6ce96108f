import { expect, test } from '@jest/globals';
import { BackgroundTasks } from './background-tasks.js';

test('a task begins after the caller has gone on, and settled() waits for it and for those it begins', async () => {
  const seen: string[] = [];
  const tasks = new BackgroundTasks(() => {});
  tasks.run(async () => {
    seen.push('task');
    tasks.run(async () => seen.push('task of the task'));
  });
  seen.push('caller');
  await tasks.settled();
  expect(seen).toEqual(['caller', 'task', 'task of the task']);
});

test('an error of a task is reported, also before its first await, and others go on', async () => {
  const reported: unknown[] = [];
  const tasks = new BackgroundTasks((error) => reported.push(error));
  const [early, late] = [new Error('early'), new Error('late')];
  tasks.run(() => {
    throw early;
  });
  tasks.run(async () => {
    await Promise.resolve();
    throw late;
  });
  let ran = false;
  tasks.run(async () => {
    ran = true;
  });
  await tasks.settled();
  expect(new Set(reported)).toEqual(new Set([early, late]));
  expect(ran).toBe(true);
});

test('a task that never ends, and tasks without end, do not keep a module from closing', async () => {
  const reported: unknown[] = [];
  const tasks = new BackgroundTasks((error) => reported.push(error), 50);
  tasks.run(() => new Promise(() => {}));
  let isOpen = true;
  const again = async () => isOpen && tasks.run(again);
  tasks.run(again);
  const started = performance.now();
  await tasks.settled();
  isOpen = false;
  expect(performance.now() - started).toBeLessThan(1000);
  expect(reported).toEqual([
    expect.objectContaining({
      code: 'contract_broken',
      message: expect.stringMatching(/^\d background tasks were not/),
    }),
  ]);
});
