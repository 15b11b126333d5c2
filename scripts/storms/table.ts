import { randomFrom } from '../../test/helpers/random.ts';
import { fewestInOrder, most } from '../../test/helpers/request-bounds.ts';
import type { Load } from './loads.ts';
import { loads } from './loads.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { rules } from './rules.ts';

export const MAX_ITEMS = 100;
/** So many that the worst of them is an unlucky one. */
export const SEEDS = 20;

/** What a load costs by one rule; the worst of all seeds. */
export interface Worst {
  /** Requests, as times the fewest of a client that knows of no failure beforehand. */
  readonly requests: number;
  /** Items sent, as times the calls. */
  readonly items: number;
  /** More requests than failing items and whole batches together. */
  readonly breaksPromise: boolean;
}

export interface Row {
  readonly load: Load;
  /** By the names of the rules. */
  readonly costs: ReadonlyMap<string, Worst>;
}

export function rows(firstSeed = 1): readonly Row[] {
  return loads.map((load) => {
    const drawn = Array.from({ length: SEEDS }, (_, index) =>
      load.draw(randomFrom(firstSeed + index)),
    );
    const costs = Object.keys(rules).map((name) => [name, worst(name, drawn)] as const);
    return { load, costs: new Map(costs) };
  });
}

export const introduction = [
  `Requests ÷ fewest, items sent ÷ calls; the worst of ${SEEDS} draws.`,
  '*: more than k + ceil(n / maxItems) requests.',
].join('\n');

export function tableOf(rows: readonly Row[]): string {
  const names = Object.keys(rules);
  const wide = Math.max(...rows.map(({ load }) => load.title.length));
  const lines = [
    ['', ...names].map((head, at) => (at === 0 ? ' '.repeat(wide) : head.padStart(15))),
    ...rows.map(({ load, costs }) => [
      load.title.padEnd(wide),
      ...names.map((name) => cell(costs.get(name)).padStart(15)),
    ]),
  ];
  return lines.map((cells) => cells.join('').trimEnd()).join('\n');
}

function worst(name: string, drawn: readonly (readonly boolean[])[]): Worst {
  let [requests, items, breaksPromise] = [0, 0, false];
  for (const fails of drawn) {
    const rule = rules[name]?.(MAX_ITEMS);
    if (rule === undefined) throw new Error(`There is no rule "${name}".`);
    const cost = oneAtATime(fails, rule, MAX_ITEMS);
    const failing = fails.filter(Boolean).length;
    requests = Math.max(requests, cost.requests / fewestInOrder(fails, MAX_ITEMS));
    items = Math.max(items, cost.items / fails.length);
    breaksPromise ||= cost.requests > most(fails.length, failing, MAX_ITEMS);
  }
  return { requests, items, breaksPromise };
}

function cell(cost: Worst | undefined): string {
  if (cost === undefined) return '';
  const { requests, items, breaksPromise } = cost;
  return `${requests.toFixed(2)}${breaksPromise ? '*' : ' '} ${items.toFixed(1).padStart(5)}`;
}
