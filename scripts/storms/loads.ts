/** The loads that the rule is tested with: which of their calls fail. */
import type { Random } from '../../test/helpers/random.ts';

export interface Load {
  readonly title: string;
  /** The most items that may be sent, as times the calls. */
  readonly mostItems: number;
  /** Of each call, in order, whether it fails. */
  draw(random: Random): boolean[];
}

const CALLS = 25_000;

export const loads: readonly Load[] = [
  ...[0, 1, 5, 20, 50, 100].map((percent) => atRate(`${percent} % fail`, 4, () => percent / 100)),
  atRate('0, 50, 1, 20, 0, 100, 5 % by turns, for 1,000 calls', 6, inTurns(1_000)),
  atRate('the same, for 250 calls', 6, inTurns(250)),
  atRate('rises and falls between 0 and 50 %', 6, (at) => (1 + Math.sin(at / 800)) / 4),
  atRate('20 % of every other 500', 6, (at) => (Math.floor(at / 500) % 2) * 0.2),
  runs('one run in twenty fails whole', 1, runLength),
  runs('the same, forty runs side by side', 40, runLength),
  runs('the same, runs of 10 calls', 1, () => 10),
  // Fewer than one batch holds: there is nothing to cut, or the promise of requests would break.
  atRate('20 % of 80 calls', Number.POSITIVE_INFINITY, () => 0.2, 80),
];

function atRate(
  title: string,
  mostItems: number,
  rateAt: (index: number) => number,
  calls = CALLS,
): Load {
  return {
    title,
    mostItems,
    draw: (random) => Array.from({ length: calls }, (_, index) => random() < rateAt(index)),
  };
}

function inTurns(calls: number): (index: number) => number {
  const rates = [0, 0.5, 0.01, 0.2, 0, 1, 0.05];
  return (index) => rates[Math.floor(index / calls) % rates.length] ?? 0;
}

/** So many runs side by side, of each twenty one whose calls all fail. */
function runs(title: string, sideBySide: number, lengthOf: (random: Random) => number): Load {
  return {
    title,
    mostItems: 6,
    draw(random) {
      let begun = 0;
      let bad = 0;
      const begin = (): { readonly fails: boolean; left: number } => {
        if (begun % 20 === 0) bad = begun + Math.floor(20 * random());
        return { fails: begun++ === bad, left: lengthOf(random) };
      };
      const open = Array.from({ length: sideBySide }, begin);
      return Array.from({ length: CALLS }, () => {
        const at = Math.floor(random() * sideBySide);
        let run = open[at] as (typeof open)[number];
        if (run.left === 0) {
          run = begin();
          open[at] = run;
        }
        run.left--;
        return run.fails;
      });
    },
  };
}

/**
 * Calls of an agent's run, as in 273 recorded ones: half of them have up to 32 spans, nine of ten up
 * to 240, none more than 468; each span is two calls, the run itself three.
 */
function runLength(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spans = Math.min(468, Math.max(1, Math.round(32 * Math.exp(1.572 * normal))));
  return 3 + 2 * spans;
}
