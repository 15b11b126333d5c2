/**
 * The same object, without what somebody has put on `Object.prototype` for all to inherit: a name that can
 * be enumerated there looks like a field that the caller gave. What is given is copied only where
 * there is such a name.
 */
export function unpolluted<Given>(given: Given): Given {
  if (typeof given !== 'object' || given === null) return given;
  // There is one such name at least, or there is nothing to do.
  for (const _ in {}) return Array.isArray(given) ? given : cleanCopy(given);
  return given;
}

function cleanCopy<Given extends object>(given: Given): Given {
  const copy: object = Object.create(null);
  for (
    let from: object | null = given;
    from !== null && from !== Object.prototype;
    from = Object.getPrototypeOf(from)
  ) {
    for (const name of Object.getOwnPropertyNames(from)) {
      const { enumerable = false, get } = Object.getOwnPropertyDescriptor(from, name) ?? {};
      // Of classes, their getters, but neither methods nor constructor.
      if (name in copy || (from !== given && !enumerable && get === undefined)) continue;
      const value: unknown = Reflect.get(given, name);
      Object.defineProperty(copy, name, { value, enumerable, writable: true, configurable: true });
    }
  }
  return copy as Given;
}

/**
 * Runs `build` while no such name can be enumerated: zod would take it for a part of its schemas, and fail.
 * Nobody else runs meanwhile.
 */
export function withCleanPrototype<Built>(build: () => Built): Built {
  const all = Object.entries(Object.getOwnPropertyDescriptors(Object.prototype));
  const names = all.filter(([, { enumerable, configurable }]) => enumerable && configurable);
  const show = (enumerable: boolean): void => {
    for (const [name, own] of names)
      Object.defineProperty(Object.prototype, name, { ...own, enumerable });
  };
  show(false);
  try {
    return build();
  } finally {
    show(true);
  }
}
