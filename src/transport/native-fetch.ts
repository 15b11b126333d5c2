/** Whether it is the fetch that Node came with, which loads undici as it is first called. */
export function isNodesOwn(fetch: unknown): boolean {
  return (
    typeof fetch === 'function' &&
    Function.prototype.toString.call(fetch).includes('internal/deps/undici/undici')
  );
}
