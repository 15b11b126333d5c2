/** Whether a text is anywhere in what somebody is given. */

const DEEPEST = 6;

export function holds(value: unknown, secret: string, depth = 0): boolean {
  if (typeof value === 'string') return value.includes(secret);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return false;
  // Also what is hidden: of an error its message, stack and cause.
  return Object.getOwnPropertyNames(value).some(
    (name) => name.includes(secret) || holds(Reflect.get(value, name), secret, depth + 1),
  );
}
