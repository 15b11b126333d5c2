/**
 * Opens a window: calls `flush` when it is over. What it returns is called once the window is over, however that
 * came about, to stop what is still to call `flush` then. A window is ended without it when a batch or the queue is
 * full, and whenever somebody waits for what is in it.
 */
export type Schedule = (flush: () => void) => (() => void) | undefined;
