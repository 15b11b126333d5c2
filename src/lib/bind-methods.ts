/**
 * Lets methods be handed on alone, as in `process.on('SIGTERM', client.close)` and
 * `const { create } = client.agentSpans`: without their object they would throw, and no call throws.
 */
export function bindMethods<Self extends object>(self: Self, ...names: (keyof Self)[]): void {
  for (const name of names) {
    const method: unknown = self[name];
    if (typeof method !== 'function') continue;
    const value: unknown = method.bind(self);
    // As a method is: there, and in no list of fields.
    Object.defineProperty(self, name, { value, writable: true, configurable: true });
  }
}
