/** An object of JSON, whose values are not looked at. */
export type Fields = Record<string, unknown>;

/** An object that JSON writes in braces; its fields are not checked. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of an object's own: what it inherits, as a `__proto__` of JSON may make it, says nothing. */
export function own(value: unknown, name: string): unknown {
  const isObjectLike = typeof value === 'object' && value !== null;
  return isObjectLike && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

/**
 * The same object, or a copy of it without inherited fields where some code has put enumerable ones on
 * `Object.prototype`: they would look like fields that the caller gave.
 */
export function unpolluted<Given>(given: Given): Given {
  if (typeof given !== 'object' || given === null) return given;
  // The loop runs only if there is such a field.
  for (const _ in {}) return Array.isArray(given) ? given : unpollutedCopy(given);
  return given;
}

function unpollutedCopy<Given extends object>(given: Given): Given {
  const copy: object = Object.create(null);
  for (
    let from: object | null = given;
    from !== null && from !== Object.prototype;
    from = Object.getPrototypeOf(from)
  ) {
    for (const name of Object.getOwnPropertyNames(from)) {
      const { enumerable = false, get } = Object.getOwnPropertyDescriptor(from, name) ?? {};
      // The getters of classes count, but neither methods nor the constructor.
      if (name in copy || (from !== given && !enumerable && get === undefined)) continue;
      const value: unknown = Reflect.get(given, name);
      Object.defineProperty(copy, name, { value, enumerable, writable: true, configurable: true });
    }
  }
  return copy as Given;
}

/** Runs `build` while no such field can be enumerated: zod would take it for a part of its schemas, and fail. */
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
