/** Draws what goes wrong on the way and at the server. */
import type { Fault } from '../../src/testing/index.ts';
import type { Random } from '../helpers/random.ts';
import { pick } from '../helpers/random.ts';
import type { PlannedFault, PlannedOptions, SpoiltAnswer } from './plan.ts';

/** Numbers below `limit`, each with that probability. */
export function drawTimes(random: Random, limit: number, rate: number): number[] {
  return Array.from({ length: limit }, (_, at) => at).filter(() => random() < rate);
}

export function drawFaults(random: Random, options: PlannedOptions): PlannedFault[] {
  if (random() < 0.25) return [];
  const kinds = random() < 0.15 ? Object.keys(DRAWN) : drawKinds(random);
  const rate = pick(random, [0.1, 0.3, 0.3, 0.7]);
  return drawTimes(random, 24, rate).map((at) => {
    const draw = DRAWN[pick(random, kinds)] as Draw;
    return { at, ...draw(random, options) };
  });
}

/** Answers that are there, and of no use. */
export function drawSpoilt(random: Random): PlannedFault[] {
  const kinds = (['malformed', 'large'] as const).filter(() => random() < 0.08);
  if (kinds.length === 0) return [];
  const rate = pick(random, [0.1, 0.3]);
  return drawTimes(random, 24, rate).map((at) => {
    const kind = pick(random, kinds);
    const answer: SpoiltAnswer =
      kind === 'large' ? { kind } : { kind, place: random(), output: pick(random, MALFORMED) };
    return { at, fault: { kind: 'delay', delayMs: 0 }, answer };
  });
}

/** A request has one fault: the answers that are spoilt come first. */
export function withSpoilt(
  faults: readonly PlannedFault[],
  spoilt: readonly PlannedFault[],
): PlannedFault[] {
  const places = new Set(spoilt.map(({ at }) => at));
  return [...faults.filter(({ at }) => !places.has(at)), ...spoilt];
}

/** Neither a success nor an error (docs/internals/api.md, "Outputs"). */
const MALFORMED: readonly unknown[] = [
  null,
  'success',
  7,
  [],
  { status: 'pending', details: { id: '01fr3hth00partaafffffffffffffff9' } },
  { status: true },
  {},
];

function drawKinds(random: Random): string[] {
  const kinds = Object.keys(DRAWN);
  return Array.from({ length: Math.ceil(random() * 2) }, () => pick(random, kinds));
}

type Draw = (random: Random, options: PlannedOptions) => Omit<PlannedFault, 'at'>;

const DRAWN: Readonly<Record<string, Draw>> = {
  delay: (random, { attemptTimeoutMs }) => ({
    fault: { kind: 'delay', delayMs: Math.ceil(random() * Math.min(attemptTimeoutMs, 2_000)) },
  }),
  tooLate: (random, { attemptTimeoutMs }) => ({
    fault: { kind: 'delay', delayMs: Math.ceil(attemptTimeoutMs * (0.9 + random())) },
  }),
  heldUp: (random, { attemptTimeoutMs }) => ({
    fault: { kind: 'delay', delayMs: 0 },
    heldUpMs: Math.ceil(attemptTimeoutMs * (0.9 + 2 * random())),
  }),
  dropBefore: () => ({ fault: { kind: 'dropBefore' } }),
  dropAfter: () => ({ fault: { kind: 'dropAfter' } }),
  dropMiddle: () => ({ fault: { kind: 'dropMiddle' } }),
  truncate: () => ({ fault: { kind: 'truncate' } }),
  html: (random) => ({
    fault: { kind: 'html', status: pick(random, [200, 502, 503]), afterWork: random() < 0.5 },
  }),
  endless: (random) => ({ fault: { kind: 'endless', afterWork: random() < 0.5 } }),
  omit: (random) => ({ fault: { kind: 'omit', runs: random() < 0.7 } }),
  extra: () => ({ fault: { kind: 'extra' } }),
  wrongId: () => ({ fault: { kind: 'wrongId' } }),
  busy: (random) => {
    const status = pick(random, [429, 503]);
    const seconds = pick(random, [0, 1, 3]);
    const base = { kind: 'status', status, afterWork: status === 503 && random() < 0.3 } as const;
    switch (pick(random, ['header', 'body', 'date', 'none'])) {
      case 'header':
        return { fault: { ...base, retryAfter: seconds } };
      case 'body':
        return { fault: { ...base, retryAfterMs: seconds * 700 } };
      case 'date':
        return { fault: base, retryAfterDateS: seconds + 1 };
      default:
        // As from a proxy: the API itself never says this without a time.
        return { fault: { ...base, body: '' } };
    }
  },
  failing: (random) => ({
    fault: {
      kind: 'status',
      status: pick(random, [408, 425, 500, 500, 502, 503, 504]),
      afterWork: random() < 0.3,
    },
  }),
  refusing: (random) => ({ fault: { kind: 'status', status: pick(random, [400, 413, 422]) } }),
  denying: (random) => ({ fault: { kind: 'status', status: pick(random, [401, 403]) } }),
  echo: (random) => ({
    fault: { kind: 'status', status: pick(random, [400, 401, 403, 409, 500]) },
    echoes: true,
  }),
  elsewhere: (random): { fault: Fault } => {
    const status = pick(random, [302, 404, 405, 409, 410]);
    return {
      fault: {
        kind: 'status',
        status,
        ...(status === 302 && { location: 'https://elsewhere.test/' }),
      },
    };
  },
};
