// Registered for the whole process, so that two copies of this package look through each other's wrappers.
const wrappedFetch = Symbol.for('prefactor-autobatch.wrapped-fetch');

/** Notes on a wrapper of ours what it wraps, so that our own requests go past it. */
export function noteWrapped(wrapper: object, wrapped: unknown): void {
  Object.defineProperty(wrapper, wrappedFetch, { value: wrapped });
}

/** The global `fetch`; where that is a wrapper of ours, what it wraps. Looked up each time: it may be replaced late. */
export function globalFetch(): typeof globalThis.fetch {
  let { fetch } = globalThis;
  while (typeof fetch === 'function' && Object.hasOwn(fetch, wrappedFetch)) {
    fetch = Reflect.get(fetch, wrappedFetch);
  }
  return fetch;
}
