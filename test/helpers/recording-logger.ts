import type { Logger } from '../../src/lib/logger.ts';

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly entries: [string, ...unknown[]][] } {
  const entries: [string, ...unknown[]][] = [];
  return {
    entries,
    debug: (...entry) => entries.push(['debug', ...entry]),
    info: (...entry) => entries.push(['info', ...entry]),
    warn: (...entry) => entries.push(['warn', ...entry]),
    error: (...entry) => entries.push(['error', ...entry]),
  };
}
