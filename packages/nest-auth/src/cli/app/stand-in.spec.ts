import { describe, expect, test } from '@jest/globals';
import { originOf, standIn } from './stand-in.js';

// biome-ignore lint/suspicious/noExplicitAny: main.ts takes it for whatever it wants
const settings = () => standIn('app.get(Settings)') as any;

describe('a stand-in for a provider that was not built', () => {
  test('lets main.ts continue, whatever it reads', async () => {
    const one = settings();
    expect(() => {
      one.get('port').toString().split(',');
      one.origins.split(',').map((origin: string) => origin.trim());
      one.value = 1;
      new one.Thing();
      for (const _ of one.list) throw new Error('it has something');
      JSON.stringify({ one });
    }).not.toThrow();
    expect(Number(one.port)).toBeNaN();
    expect(await one).toBe(one);
    expect((await one.load()).name).toBeDefined();
  });

  test('tells the origin of an unknown value', () => {
    const prefix = settings().get('prefix');
    for (const value of [prefix, `${prefix}/api`, `/${prefix}`, [prefix], { prefix }, [{ exclude: [prefix] }]])
      expect(originOf(value)).toBe('app.get(Settings).get()');
    for (const value of ['api', ['api', { exclude: ['health'] }], undefined, null, 1, () => 1])
      expect(originOf(value)).toBeUndefined();
  });

  test('counts as an instance of its class', () => {
    class Guard {
      canActivate() {
        return true;
      }
    }
    const guard = standIn('app.get(Guard)', Guard) as object;
    expect([guard instanceof Guard, guard.constructor]).toEqual([true, Guard]);
  });
});
