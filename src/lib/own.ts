/** A field of an object's own: what it inherits, as a `__proto__` of JSON may make it, says nothing. */
export function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
