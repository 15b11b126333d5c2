import { isObject } from './own-fields.ts';
import { env } from './runtime.ts';
import { callUserCode } from './user-code.ts';
import { describeValue } from './value-checks.ts';

/** Where the client reports what no call can tell. It never gets a payload, a header or a token. */
export interface Logger {
  debug(message: string, detail?: unknown): void;
  info(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

export const silentLogger: Logger = {
  debug: logNothing,
  info: logNothing,
  warn: logNothing,
  error: logNothing,
};

/** Only warnings and errors go to the console. */
export const consoleLogger: Logger = {
  ...silentLogger,
  warn: toConsole,
  // biome-ignore lint/suspicious/noConsole: the default log; a logger option replaces it
  error: (message, ...detail) => console.error(`[prefactor-autobatch] ${message}`, ...detail),
};

/** Everything goes to the console, and to standard error, since many an agent speaks by standard output. */
export const debuggingLogger: Logger = { ...consoleLogger, debug: toConsole, info: toConsole };

function toConsole(message: string, ...detail: unknown[]): void {
  // biome-ignore lint/suspicious/noConsole: warnings go where errors go; a logger option replaces this, too
  console.warn(`[prefactor-autobatch] ${message}`, ...detail);
}

function defaultLogger(): Logger {
  return env('PREFACTOR_AUTOBATCH_LOG') === 'debug' ? debuggingLogger : consoleLogger;
}

/** What is wrong with the option `logger`; undefined: nothing. */
export function aLogger(option: unknown): string | undefined {
  const isLogger =
    isObject(option) &&
    ['debug', 'info', 'warn', 'error'].every((name) => typeof option[name] === 'function');
  return option === false || isLogger
    ? undefined
    : `must be false, or an object with the methods debug, info, warn and error, but it is ${describeValue(option)}`;
}

/** What the option `logger` stands for. */
export function loggerOf(option: Logger | false | undefined): Logger {
  return option === false ? silentLogger : safeLogger(option ?? defaultLogger());
}

/** The same logger, whose own failures are ignored: they must not fail the call that it describes. */
export function safeLogger(logger: Logger): Logger {
  return {
    debug: ignoresDebug(logger)
      ? logNothing
      : (...entry) => callUserCode(() => logger.debug(...entry), logNothing),
    info: (...entry) => callUserCode(() => logger.info(...entry), logNothing),
    warn: (...entry) => callUserCode(() => logger.warn(...entry), logNothing),
    error: (...entry) => callUserCode(() => logger.error(...entry), logNothing),
  };
}

/** True where `debug` goes nowhere, so that its lines need not be made. */
export function ignoresDebug({ debug }: Logger): boolean {
  return debug === logNothing;
}

function logNothing(): void {}
