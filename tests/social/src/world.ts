import type { AuthOptions } from '@acme/nest-auth';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type App, type AppOptions, PLATFORMS, startApp } from './app.js';
import { FakeProvider, type Person } from './fake-provider.js';
import { CASES, optionsOf, setDiscordBase } from './strategies.js';

export const ANN: Person = { id: 'p-ann', email: 'ann@example.org', verified: true, name: 'Ann' };

/** The platform of stories that are the same on both. The table of strategies runs on both itself. */
const PLATFORM = PLATFORMS.find((one) => one === process.env.HTTP) ?? 'express';

interface Given extends Partial<Omit<AppOptions, 'providers'>> {
  /** Added to the options of each provider. */
  readonly more?: Readonly<Record<string, object>>;
  readonly options?: Partial<AuthOptions>;
}

/** An app with some of the providers, for all tests of a file or a block. */
export function worldWith(names: readonly string[], given: Given = {}) {
  const fakes = new Map<string, FakeProvider>();
  let app: App;
  beforeAll(async () => {
    for (const name of names) {
      const about = CASES[name];
      if (!about) throw new Error(`No case named ${name}`);
      fakes.set(name, await new FakeProvider(about.fake).start());
    }
    const { more = {}, ...rest } = given;
    setDiscordBase(fakes.get('discord')?.url ?? '');
    app = await startApp(PLATFORM, {
      strategies: Object.fromEntries(names.map((name) => [name, CASES[name]?.strategy as never])),
      providers: Object.fromEntries(names.map((name) => [name, { ...optionsOf(name, at(name)), ...more[name] }])),
      ...rest,
    });
    for (const fake of fakes.values()) fake.clock = app.clock.read;
  });
  afterEach(() => {
    for (const fake of fakes.values()) {
      fake.misbehaviour = {};
      fake.problems.length = 0;
    }
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([...fakes.values()].map((fake) => fake.stop()));
  });
  const at = (name: string): FakeProvider => fakes.get(name) as FakeProvider;
  return {
    get app() {
      return app;
    },
    fake: at,
    /** Sets the person who uses the provider from now on. */
    is(name: string, person: Person) {
      at(name).person = person;
    },
  };
}

let people = 0;

/** A person that no other test uses. */
export function somebody(given: Partial<Person> = {}): Person {
  const number = ++people;
  return {
    id: `p-${number}`,
    email: `person-${number}@example.org`,
    verified: true,
    name: `Person ${number}`,
    ...given,
  };
}
