/** What many runs together must have met: each kind of fault, each way for an item to end, each reason to send. */

const FAULTS = [
  'delay',
  'held up',
  'dropBefore',
  'dropAfter',
  'dropMiddle',
  'truncate',
  'html',
  'endless',
  'omit',
  'extra',
  'wrongId',
  'outage',
  'freeze',
  'freeze: an answer was there',
  'malformed output',
  'large answer for one',
  'large answer for several',
  'given up',
  'token throws',
  'token is stale',
  ...[302, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504].map(
    (status) => `status ${status}`,
  ),
];

const FATES = [
  'refused',
  'passes once',
  'passes twice',
  'never passes',
  'poison 400',
  'poison 422',
  'poison 500',
  'poison drop',
];

/** All but `outlive`, which only the page's end brings about, are rows of the dispatcher. */
const REASONS = ['full', 'idle', 'aged', 'requeue', 'bisect', 'flush', 'close', 'probe', 'outlive'];

const ROWS = [
  'row success: resolves',
  'retry transient',
  'row passing error: used up',
  'row passing error: stored, rejects',
  'row error: rejects',
  'row used key: in doubt',
  'row malformed output: contract error',
  'row large: contract error alone',
  'row used key: rejects',
  'requeue',
  'row skipped: rejects',
  'retry missing',
  'row missing: contract error at the end',
  'answer with unasked outputs',
  'row refused alone: 400 rejects',
  'row refused alone: 413 rejects',
  'row refused alone: 422 rejects',
  'row together: halved for 400',
  'row together: halved for 413',
  'row together: halved for 422',
  'systemic',
  'row access: 401 rejects',
  'row access: 403 rejects',
  'retry unsent',
  'pause 429',
  'pause 503',
  'outage',
  'recovery',
  'retry lost',
  'row together: halved for no answer',
  'row lost: used up',
  'row body: contract error at the end',
  'ping',
  'row delivery: its time is over',
  'row other refusal: 302 rejects',
  'row other refusal: 404 rejects',
  'row other refusal: 405 rejects',
  'row other refusal: 409 rejects',
  'row other refusal: 410 rejects',
  'row dependency: rejects unsent',
  'row CLOSED',
  'row QUEUE_FULL',
  'row IDEMPOTENCY_CONFLICT',
  'row INVALID_ARGUMENT',
  'row aborted',
  'terminate',
];

const TO_BE_MET: readonly string[] = [
  'hook leaves out',
  'hook redacts',
  'hook throws',
  'hook rejects',
  'hook calls',
  'left out',
  ...FAULTS.map((name) => `fault ${name}`),
  ...FATES.map((name) => `fate ${name}`),
  'server maxInFlight',
  'server maxPerSecond',
  ...ROWS,
  ...REASONS.map((name) => `reason ${name}`),
];

/** How often each of them occurred. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  add(counts: Iterable<readonly [string, number]>): void {
    for (const [what, times] of counts) {
      this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
    }
  }

  get entries(): [string, number][] {
    return [...this.#counts];
  }

  /** What has never occurred. */
  get missing(): string[] {
    return TO_BE_MET.filter((what) => !this.#counts.has(what));
  }

  /** One line for each, those that have to occur. */
  toString(): string {
    return TO_BE_MET.map(
      (what) => `${String(this.#counts.get(what) ?? 0).padStart(9)}  ${what}`,
    ).join('\n');
  }
}
