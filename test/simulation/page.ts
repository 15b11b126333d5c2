/** A page that can go away, as far as the client asks for one. */
export function installPage(): { hide(): void; end(): void } {
  const listeners = new Set<(event: object) => void>();
  const page = {
    onpagehide: null,
    addEventListener: (_type: string, listener: (event: object) => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: object) => void) =>
      listeners.delete(listener),
  };
  Object.assign(globalThis, page);
  return {
    hide() {
      const event = {};
      for (const listener of listeners) listener(event);
    },
    end() {
      for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
    },
  };
}
