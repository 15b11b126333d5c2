import { isPrefactorError } from '../errors/is-prefactor-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { oneLine } from '../lib/one-line.ts';

const quietMs = 60_000;

/**
 * Warns of failed calls: of the first at once, of later ones together, at most once a minute. It needs no timer: the
 * first failure after the minute lets the summary out.
 */
export class FailureWarnings {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counts = new Map<string, number>();
  #first = '';
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  report(error: unknown): void {
    const name = nameOf(error);
    if (this.#counts.size === 0) this.#first = oneLine(messageOf(error));
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const now = this.#clock.now();
    if (now - this.#warnedAt >= quietMs) {
      this.#warnedAt = now;
      this.#logger.warn(this.#summary());
      this.#counts.clear();
    }
  }

  #summary(): string {
    const counts = [...this.#counts].map(([name, count]) => `${count} × ${name}`).join(', ');
    return `Calls failed: ${counts}. The first: ${this.#first} Listen to 'failure' to hear of each; the next summary comes after a minute at the earliest.`;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

// Only our own texts are known to be free of payloads: the reason of an abort may hold one.
function messageOf(error: unknown): string {
  return isPrefactorError(error) ? error.message : `${nameOf(error)}.`;
}
