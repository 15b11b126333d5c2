/** What a page may tell a client about its end; all of it optional, so always asked for. */
interface Surroundings {
  readonly onpagehide?: unknown;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

const surroundings: Surroundings = globalThis;

/** Calls `depart` each time that the page is left; it may come back. Returns what stops that. */
export function onPageHide(depart: () => void): () => void {
  if (!('onpagehide' in surroundings)) return nothing;
  surroundings.addEventListener?.('pagehide', depart);
  return () => surroundings.removeEventListener?.('pagehide', depart);
}

function nothing(): void {}
