import { callUserCode } from './user-code.ts';

/** Where the client reports what nobody else can hear. Never given a payload, a header or a token. */
export interface Logger {
  debug(message: string, detail?: unknown): void;
  info(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

/** Warnings and errors go to the console, the rest nowhere. */
export const consoleLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: toConsole,
  // biome-ignore lint/suspicious/noConsole: the one place that writes to it; a logger option replaces it
  error: (message, ...detail) => console.error(`[prefactor-autobatch] ${message}`, ...detail),
};

/** The same, and the rest as well: by the warnings' way, since many an agent speaks by standard output. */
export const debuggingLogger: Logger = { ...consoleLogger, debug: toConsole, info: toConsole };

function toConsole(message: string, ...detail: unknown[]): void {
  // biome-ignore lint/suspicious/noConsole: as above
  console.warn(`[prefactor-autobatch] ${message}`, ...detail);
}

export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/**
 * `logger`, made safe to call anywhere: a logger that fails must not fail the call that it was to
 * describe, and nobody is left to tell.
 */
export function safeLogger(logger: Logger): Logger {
  return {
    debug: ignoresDebug(logger)
      ? nothing
      : (...entry) => callUserCode(() => logger.debug(...entry), nothing),
    info: (...entry) => callUserCode(() => logger.info(...entry), nothing),
    warn: (...entry) => callUserCode(() => logger.warn(...entry), nothing),
    error: (...entry) => callUserCode(() => logger.error(...entry), nothing),
  };
}

/** Whether its `debug` goes nowhere, so that its lines need not be made. */
export function ignoresDebug({ debug }: Logger): boolean {
  return debug === nothing;
}

function nothing(): void {}
