import { describe, expect, test } from '@jest/globals';
import {
  ADMIN,
  CLOSED,
  type Class,
  type Method,
  methodsOf,
  policyAt,
  problemAt,
} from '../../../test/support/core/declared-policy.js';
import { Authorize, Permissions, Public, Roles } from '../../guards/auth.decorators.js';
import { declareMethodPolicy, markHandler } from './declared-policy.js';
import { learnPolicy, policyOf } from './policy.js';

const replaceBy =
  (wrap: (method: Method) => Method): MethodDecorator =>
  (_target, _name, descriptor) => {
    descriptor.value = wrap(descriptor.value as never) as never;
  };
const called = (method: Method): Method =>
  function (this: unknown, ...args: never[]) {
    return method.apply(this as never, args);
  };
const copied = (method: Method): Method => {
  const wrapper = called(method);
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  return wrapper;
};

const WRAPPERS: [string, (method: Method) => Method][] = [
  ['a wrapper without metadata', called],
  ['a wrapper with all metadata copied', copied],
  ['a bound function', (method) => method.bind(undefined)],
  ['a proxy', (method) => new Proxy(method, {})],
  ['a wrapper with the method as its prototype', (method) => Object.setPrototypeOf(called(method), method) as Method],
];

describe.each(WRAPPERS)('%s', (_, wrap) => {
  const Trace = replaceBy(wrap);

  test('a wrapper above the decorator keeps the policy', () => {
    class Notes {
      @Trace
      @Roles('admin')
      list() {}
    }
    expect(policyAt(Notes)).toEqual(ADMIN);
  });

  test('a wrapper below the decorator keeps the policy', () => {
    class Notes {
      @Roles('admin')
      @Trace
      list() {}
    }
    expect(policyAt(Notes)).toEqual(ADMIN);
  });

  test('a wrapper between two decorators keeps what both say', () => {
    const rule = () => true;
    const otherRule = () => true;
    class Notes {
      @Authorize(otherRule)
      @Permissions('read')
      @Trace
      @Authorize(rule)
      @Roles('admin')
      list() {}
    }
    expect(policyAt(Notes)).toEqual({ ...ADMIN, permissions: ['read'], authorizers: [rule, otherRule] });
  });

  test('a wrapper does not hide a contradiction', () => {
    expect(() => {
      class Notes {
        @Public()
        @Trace
        @Roles('admin')
        list() {}
      }
      return Notes;
    }).toThrow('Notes.list is public and has requirements');
  });

  test('a wrapper that a class decorator applies keeps the policy', () => {
    const Traced = (type: Class) => {
      for (const name of ['list', 'open']) methodsOf(type)[name] = wrap(methodsOf(type)[name] as Method);
    };
    @Traced
    class Notes {
      @Roles('admin')
      list() {}
      @Public()
      open() {}
    }
    expect(policyAt(Notes)).toEqual(ADMIN);
    expect(policyAt(Notes, 'open')).toEqual({ access: 'public' });
  });

  test('a wrapper that is applied after the class was defined keeps the policy', () => {
    class Notes {
      @Roles('admin')
      list() {}
    }
    methodsOf(Notes).list = wrap(methodsOf(Notes).list as Method);
    expect(policyAt(Notes)).toEqual(ADMIN);
    expect(problemAt(Notes)).toBeUndefined();
  });

  test('a wrapper that only an instance has is known once it was seen', () => {
    class Notes {
      @Roles('admin')
      list() {}
      @Public()
      open() {}
    }
    const place = { prototype: Notes.prototype };
    const list = wrap(methodsOf(Notes).list as Method);
    const open = wrap(methodsOf(Notes).open as Method);
    expect(learnPolicy(list, Notes, { ...place, name: 'list' })).toBeUndefined();
    expect(learnPolicy(open, Notes, { ...place, name: 'open' })).toBeUndefined();
    expect(policyOf(list, Notes)).toEqual(ADMIN);
    expect(policyOf(open, Notes)).toEqual({ access: 'public' });
  });
});

describe('a function that nobody has seen', () => {
  class Notes {
    bare() {}
    @Roles('admin')
    list() {}
  }

  test('in a class whose methods have a policy, an unknown function is refused: it could be any of them', () => {
    expect(() => policyOf(called(methodsOf(Notes).list as Method), Notes)).toThrow('cannot be found');
  });

  test('an unknown function is as private as its class, if no method there has a policy', () => {
    @Roles('admin')
    class Bare {}
    expect(policyOf(() => {}, Bare)).toEqual(ADMIN);
  });

  test('a function is known by the metadata that a tracing tool has copied from the handler', () => {
    for (const name of ['bare', 'list']) markHandler(methodsOf(Notes)[name] as Method, name);
    expect(policyOf(copied(methodsOf(Notes).bare as Method), Notes)).toEqual(CLOSED);
    expect(policyOf(copied(methodsOf(Notes).list as Method), Notes)).toEqual(ADMIN);
  });
});

describe('other functions than the decorated one', () => {
  test('a function cannot take the place of a method with another policy', () => {
    class Notes {
      @Public()
      open() {}
      @Roles('admin')
      list() {}
    }
    const { open, list } = methodsOf(Notes) as { open: Method; list: Method };
    Object.assign(Notes.prototype, { open: list, list: open });
    expect(problemAt(Notes, 'list')).toContain('Notes.list');
    expect(() => policyAt(Notes, 'open')).toThrow('Notes.open');
  });

  test('a function keeps its policy in a class that has no policy for its name', () => {
    class Notes {
      @Roles('admin')
      list() {}
    }
    class Borrowing {}
    Object.defineProperty(
      Borrowing.prototype,
      'list',
      Object.getOwnPropertyDescriptor(Notes.prototype, 'list') as PropertyDescriptor,
    );
    expect(policyAt(Borrowing)).toEqual(ADMIN);
  });

  test('a method that is copied to another class keeps what its first class asks for', () => {
    @Roles('admin')
    class Notes {
      list() {}
    }
    @Public()
    class Open {
      more() {}
    }
    class Copied {}
    for (const { prototype } of [Notes, Open]) {
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (name !== 'constructor') Object.defineProperty(Copied.prototype, name, descriptor);
      }
    }
    expect(policyAt(Copied)).toEqual(ADMIN);
    expect(policyAt(Copied, 'more')).toEqual(CLOSED);
    expect(problemAt(Copied, 'more')).toContain('Copied.more: its base class Open is @Public()');
  });

  test('one function may not have two policies', () => {
    class Notes {
      @Roles('admin')
      list() {}
    }
    const shared = methodsOf(Notes).list as Method;
    methodsOf(Notes).other = shared;
    expect(policyAt(Notes, 'other')).toEqual(ADMIN);
    declareMethodPolicy(Notes.prototype, 'third', called(shared), { permissions: ['read'] });
    methodsOf(Notes).third = shared;
    expect(problemAt(Notes, 'third')).toContain('several names');
  });
});
