type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Puts a method of an object's own over the one that it has, so that the object stays itself: its identity, its class, and
 * all else that it can do. Without such a method nothing happens. Throws where the object takes no new property.
 */
export function intercept(
  target: object,
  name: PropertyKey,
  replace: (original: Method) => Method,
): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') return;
  const call: Method = function callOriginal(...args) {
    return Reflect.apply(original, this, args);
  };
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value: replace(call),
    enumerable: own?.enumerable ?? false,
    writable: true,
    configurable: true,
  });
}
