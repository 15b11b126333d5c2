/** Lets methods be passed on, as in `process.on('SIGTERM', client.close)` and `const { create } = client.agentSpans`. */
export function bindMethods<Self extends object>(self: Self, ...names: (keyof Self)[]): void {
  for (const name of names) {
    const method: unknown = self[name];
    if (typeof method !== 'function') continue;
    const value: unknown = method.bind(self);
    // Not enumerable, as methods are.
    Object.defineProperty(self, name, { value, writable: true, configurable: true });
  }
}
