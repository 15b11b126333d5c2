let examined: unknown;
let isExaminedOwn = false;

/** Whether it is the fetch that Node came with, which loads undici as it is first called. */
export function isNodesOwn(fetch: unknown): boolean {
  if (fetch !== examined) {
    examined = fetch;
    isExaminedOwn =
      typeof fetch === 'function' &&
      Function.prototype.toString.call(fetch).includes('internal/deps/undici/undici');
  }
  return isExaminedOwn;
}
