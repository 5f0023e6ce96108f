import { describe, expect, test } from '@jest/globals';
import { ADMIN, CLOSED, type Class, policyAt, problemAt } from '../../../test/support/core/declared-policy.js';
import { Authenticated, OptionalAuth, Permissions, Public, Roles } from '../../guards/auth.decorators.js';
import { standIn } from './declared-policy.js';
import { learnPolicy, policyOf } from './policy.js';

describe('an override', () => {
  abstract class Base {
    @Roles('admin')
    list(): unknown {
      return [];
    }
    @Public()
    open(): unknown {
      return [];
    }
  }

  test('an override without a decorator keeps what the overridden method asks for', () => {
    class Sub extends Base {
      override list() {}
    }
    class SubSub extends Sub {
      override list() {}
    }
    for (const type of [Sub, SubSub]) {
      expect(policyAt(type)).toEqual(ADMIN);
      expect(problemAt(type)).toBeUndefined();
    }
  });

  test('an override adds its requirements, replaces those of the same kind, and sets all aside with an access word', () => {
    class Sub extends Base {
      @Permissions('read')
      override list() {}
    }
    class Editor extends Sub {
      @Roles('editor')
      override list() {}
    }
    class Anybody extends Editor {
      @Public()
      override list() {}
    }
    expect(policyAt(Sub)).toEqual({ ...ADMIN, permissions: ['read'] });
    expect(policyAt(Editor)).toEqual({ ...CLOSED, anyRole: ['editor'], permissions: ['read'] });
    expect(policyAt(Anybody)).toEqual({ access: 'public' });
    for (const type of [Sub, Editor, Anybody]) expect(problemAt(type)).toBeUndefined();
  });

  test('an override without a decorator of a public method is private, and a problem that names class, method and remedy', () => {
    class Sub extends Base {
      override open() {}
    }
    expect(policyAt(Sub, 'open')).toEqual(CLOSED);
    expect(problemAt(Sub, 'open')).toBe(
      'Sub.open overrides Base.open, which is @Public(), and being open is not inherited; decorate Sub.open with @Public(), or with who may call it.',
    );
  });

  test('a function of the instance alone counts as an override', () => {
    class Sub extends Base {}
    const place = { prototype: Sub.prototype };
    const [list, open] = [() => {}, () => {}];
    expect(learnPolicy(list, Sub, { ...place, name: 'list' })).toBeUndefined();
    expect(learnPolicy(open, Sub, { ...place, name: 'open' })).toContain('Sub.open overrides Base.open');
    expect([policyOf(list, Sub), policyOf(open, Sub)]).toEqual([ADMIN, CLOSED]);
  });
});

describe('an inherited handler', () => {
  class Base {
    bare() {}
    @Public()
    open() {}
    @Roles('editor')
    list() {}
  }

  test('an inherited handler keeps its own decorator, even @Public()', () => {
    class Sub extends Base {}
    expect(policyAt(Sub, 'open')).toEqual({ access: 'public' });
    expect(policyAt(Sub, 'list')).toEqual({ ...CLOSED, anyRole: ['editor'] });
    for (const name of ['bare', 'open', 'list']) expect(problemAt(Sub, name)).toBeUndefined();
  });

  test('an inherited handler that sets aside what the subclass asks for is a problem', () => {
    @Roles('admin')
    class Sub extends Base {}
    expect(policyAt(Sub, 'bare')).toEqual(ADMIN);
    expect(problemAt(Sub, 'bare')).toBeUndefined();
    for (const name of ['open', 'list']) expect(problemAt(Sub, name)).toContain(`override ${name} in Sub`);
    @Permissions('read')
    class Reading extends Base {}
    expect(policyAt(Reading)).toEqual({ ...CLOSED, anyRole: ['editor'], permissions: ['read'] });
    expect(problemAt(Reading)).toBeUndefined();
    expect(problemAt(Reading, 'open')).toContain('override open in Reading');
  });

  test('an inherited handler that asks for something is not opened by a subclass', () => {
    @Public()
    class Sub extends Base {}
    expect(policyAt(Sub)).toEqual({ ...CLOSED, anyRole: ['editor'] });
    expect(policyAt(Sub, 'bare')).toEqual({ access: 'public' });
  });
});

describe('a class', () => {
  test('a class inherits what its base class asks for, and adds to it', () => {
    @Roles('admin')
    abstract class Base {
      list() {}
    }
    abstract class Between extends Base {}
    @Permissions('read')
    class Sub extends Between {}
    @Authenticated()
    class Anyone extends Sub {}
    expect(policyAt(Between)).toEqual(ADMIN);
    expect(policyAt(Sub)).toEqual({ ...ADMIN, permissions: ['read'] });
    expect(policyAt(Anyone)).toEqual(CLOSED);
    for (const type of [Between, Sub, Anyone]) expect(problemAt(type)).toBeUndefined();
  });

  test.each([
    ['@Public()', Public],
    ['@OptionalAuth()', OptionalAuth],
  ])('a class does not inherit %s, and has to repeat it', (spelled, Open) => {
    @Open()
    class Base {
      list() {}
      @Roles('admin')
      admin() {}
    }
    class Between extends Base {}
    class Sub extends Between {}
    @Open()
    class Said extends Base {}
    expect(policyAt(Base).access).not.toBe('authenticated');
    expect(policyAt(Sub)).toEqual(CLOSED);
    expect(problemAt(Sub)).toBe(
      `Nothing says who may call Sub.list: its base class Base is ${spelled}, and being open is not inherited; decorate Sub with ${spelled}, or with who may call it.`,
    );
    expect(problemAt(Sub, 'admin')).toBeUndefined();
    expect(policyAt(Said)).toEqual(policyAt(Base));
    expect(problemAt(Said)).toBeUndefined();
  });

  test('a class without handlers has a policy too', () => {
    @Public()
    class Base {}
    class Feed extends Base {}
    expect(policyOf(Feed, Feed)).toEqual(CLOSED);
    expect(learnPolicy(Feed, Feed, { prototype: Feed.prototype })).toContain('who may call Feed: its base class Base');
  });

  test('a class that stands in for another has its policy', () => {
    @Public()
    class Feed {
      list() {}
      @Roles('admin')
      admin() {}
    }
    class Guarded extends Feed {}
    standIn(Guarded);
    expect(policyAt(Guarded)).toEqual({ access: 'public' });
    expect(policyAt(Guarded, 'admin')).toEqual(ADMIN);
    expect(policyOf(Guarded, Guarded)).toEqual({ access: 'public' });
    for (const name of ['list', 'admin']) expect(problemAt(Guarded, name)).toBeUndefined();
  });

  test('a class keeps its policy when a decorator puts another constructor before it', () => {
    const Wrapped = (type: Class): never => {
      const other = Object.assign(() => {}, { prototype: type.prototype });
      return other as never;
    };
    const Proxied = (type: Class): never => new Proxy(type, {}) as never;
    for (const Replaced of [Wrapped, Proxied]) {
      @Permissions('read')
      @Replaced
      @Roles('admin')
      class Notes {
        list() {}
      }
      const { constructor: type } = Notes.prototype;
      expect(policyAt(type as never)).toEqual({ ...ADMIN, permissions: ['read'] });
    }
  });

  test('a class keeps what it asks for when a decorator returns a subclass; what it opens is a problem', () => {
    // biome-ignore lint/suspicious/noExplicitAny: TypeScript requires this type for a mixin's constructor.
    const Tracked = <T extends new (...args: any[]) => object>(type: T) => class extends type {};
    @Tracked
    @Roles('admin')
    class Notes {
      list() {}
      @Public()
      open() {}
    }
    expect(policyAt(Notes)).toEqual(ADMIN);
    expect(policyAt(Notes, 'open')).toEqual({ access: 'public' });
    expect(problemAt(Notes, 'open')).toBeUndefined();
    @Tracked
    @Public()
    class Open {
      list() {}
    }
    expect(policyAt(Open)).toEqual(CLOSED);
    expect(problemAt(Open)).toContain('being open is not inherited');
  });
});

describe('a mixin', () => {
  class Crud {
    list(): unknown {
      return [];
    }
  }
  const crudFor = (role: string) => {
    @Roles(role)
    abstract class RoleCrud extends Crud {
      override list() {}
      @Permissions(role)
      remove() {}
    }
    return RoleCrud;
  };

  test('a mixin has its own policy at each use', () => {
    class Notes extends crudFor('notes') {}
    class Users extends crudFor('users') {}
    expect(policyAt(Notes)).toEqual({ ...CLOSED, anyRole: ['notes'] });
    expect(policyAt(Users)).toEqual({ ...CLOSED, anyRole: ['users'] });
    expect(policyAt(Notes, 'remove').permissions).toEqual(['notes']);
    expect(policyAt(Users, 'remove').permissions).toEqual(['users']);
  });

  test('a mixin may decorate an inherited method, for its own class alone', () => {
    const decorate = (decorator: MethodDecorator) => {
      class Mixed extends Crud {}
      decorator(Mixed.prototype, 'list', Object.getOwnPropertyDescriptor(Crud.prototype, 'list') as never);
      return Mixed;
    };
    const [Open, Notes, Users] = [decorate(Public()), decorate(Roles('notes')), decorate(Roles('users'))];
    class Sub extends Notes {}
    expect(policyAt(Open)).toEqual({ access: 'public' });
    expect(policyAt(Notes)).toEqual({ ...CLOSED, anyRole: ['notes'] });
    expect(policyAt(Users)).toEqual({ ...CLOSED, anyRole: ['users'] });
    expect(policyAt(Sub)).toEqual({ ...CLOSED, anyRole: ['notes'] });
    expect(policyAt(Crud)).toEqual(CLOSED);
  });
});

describe('a decorator on what is never a handler fails while the app is loaded', () => {
  const symbol = Symbol.for('list');
  test.each<[string, () => unknown]>([
    [
      'Notes.list is static',
      () => {
        class Notes {
          @Roles('admin')
          static list() {}
        }
        return Notes;
      },
    ],
    [
      'Notes.Symbol(list) is named by a symbol',
      () => {
        class Notes {
          @Roles('admin')
          [symbol]() {}
        }
        return Notes;
      },
    ],
    [
      'Notes.list is a property or an accessor',
      () => {
        class Notes {
          @Roles('admin')
          get list() {
            return 1;
          }
        }
        return Notes;
      },
    ],
    [
      'Notes.list is a property or an accessor',
      () => {
        class Notes {
          @(Roles('admin') as PropertyDecorator)
          list = () => 1;
        }
        return Notes;
      },
    ],
  ])('%s', (message, declare) => {
    expect(declare).toThrow(message);
  });
});

test('a decorator that is called by hand without a descriptor finds the method', () => {
  class Notes {
    list() {}
  }
  (Roles('admin') as PropertyDecorator)(Notes.prototype, 'list');
  expect(policyAt(Notes)).toEqual(ADMIN);
});
