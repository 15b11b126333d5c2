import { expect, test } from 'vitest';
import { isObject, unpolluted, withCleanPrototype } from '../../src/lib/own-fields.ts';

/** Runs something while all objects inherit these fields. */
function polluted<T>(fields: object, run: () => T): T {
  const names = Object.keys(fields);
  Object.assign(Object.prototype, fields);
  try {
    return run();
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  }
}

/** What can be enumerated, and what can be read by these names. */
function seenIn(object: object, ...names: string[]) {
  const enumerated: string[] = [];
  for (const name in object) enumerated.push(name);
  return { enumerated, read: names.map((name) => Reflect.get(object, name)) };
}

test('where nobody has put anything on Object.prototype, it is the same object', () => {
  const given = { a: 1 };
  expect(unpolluted(given)).toBe(given);
});

test('what all inherit is not in it, and what the caller gave is', () => {
  const seen = polluted({ a: 'all', z: 'all' }, () => {
    return seenIn(unpolluted({ a: 1, b: undefined }), 'a', 'b', 'z');
  });
  expect(seen).toEqual({ enumerated: ['a', 'b'], read: [1, undefined, undefined] });
});

test('what it inherits from others than Object.prototype is', () => {
  class Base {
    get computed() {
      return 'of a getter';
    }
    method() {}
  }
  class Params extends Base {
    own = 1;
  }
  const defaults = Object.assign(Object.create({ far: 3 }), { near: 2 });
  const seen = polluted({ z: 1 }, () => [
    seenIn(unpolluted(new Params()), 'own', 'computed', 'method', 'constructor', 'z'),
    seenIn(unpolluted(Object.create(defaults)), 'near', 'far', 'z'),
  ]);
  expect(seen).toEqual([
    { enumerated: ['own'], read: [1, 'of a getter', undefined, undefined, undefined] },
    { enumerated: ['near', 'far'], read: [2, 3, undefined] },
  ]);
});

test.each([undefined, null, 7, 'text', [[1]]])('%j stays what it is', (given) => {
  expect(polluted({ z: 1 }, () => unpolluted(given))).toBe(given);
});

test('a prototype is clean while something is made, and as it was afterwards, also if that throws', () => {
  const seen = polluted({ a: 1 }, () => {
    const during = withCleanPrototype(() => seenIn({}, 'a'));
    expect(() =>
      withCleanPrototype(() => {
        throw new Error('not made');
      }),
    ).toThrow('not made');
    return [during, seenIn({}, 'a')];
  });
  expect(seen).toEqual([
    { enumerated: [], read: [1] },
    { enumerated: ['a'], read: [1] },
  ]);
});

test('an object is whatever JSON may write in braces', () => {
  class Payload {
    a = 1;
  }
  expect([{}, Object.create(null), new Payload()].every(isObject)).toBe(true);
  expect([null, undefined, [], 'a', 1, () => {}].some(isObject)).toBe(false);
});
