import { expect, test } from 'vitest';
import type { Edit } from './mutate.ts';
import {
  beginWith,
  call,
  change,
  condition,
  endWith,
  leaveOut,
  mutate,
  operand,
  property,
  returned,
  statement,
} from './mutate.ts';

const CLOCK = `
const name = 'ä€😀';

export class Clock {
  tick(by: number): Ticked | undefined {
    if (this.#isDone || (by <= 0 && isFair(by))) return undefined;
    for (const bell of this.#bells) if (bell.isLoud && by > 0) bell.ring(by);
    this.#ticks += by;
    return { ticks: this.#ticks, by };
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  #rest(): void {
    this.#ticks = 0;
  }
}

export function tick(clock: Clock): number {
  return clock.tick(1)?.ticks ?? 0;
}
`;

test.each<[string, Edit, string, string]>([
  ['a statement', leaveOut(statement('ring')), 'bell.ring(by);', '{}'],
  ['a condition', leaveOut(condition('isLoud')), 'bell.isLoud && by > 0', 'false'],
  ['a call', leaveOut(call('ring')), 'bell.ring(by)', 'undefined'],
  ['what is returned', leaveOut(returned('ticks')), '{ ticks: this.#ticks, by }', 'undefined'],
  ['a property', leaveOut(property('ticks')), 'ticks: this.#ticks', '...{}'],
  ['an operand of &&', leaveOut(operand('isLoud')), 'bell.isLoud', 'true'],
  ['an operand of ||', leaveOut(operand('isDone')), 'this.#isDone ', 'false '],
  ['an operand beside another', leaveOut(operand('by', 'isLoud')), 'by > 0', 'true'],
])('left out is %s', (_, edit, from, to) => {
  expect(mutated('Clock.tick', edit)).toBe(CLOCK.replace(from, to));
});

test.each<[string, Edit, string, string]>([
  ['a statement', change(statement('ring'), (was) => `{ ${was} }`), 'bell.ring(by);', '{ $& }'],
  ['a condition', change(condition('isLoud'), 'by > 1'), 'bell.isLoud && by > 0', '(by > 1)'],
  ['a call', change(call('isFair'), (was) => `!${was}`), 'isFair(by)', '(!$&)'],
  ['a property', change(property('ticks'), '0'), 'ticks: this.#ticks', 'ticks: 0'],
  ['a property in short', change(property('by'), '0'), ', by }', ', by: 0 }'],
  ['the beginning', beginWith('by = 1;'), '{\n    if', '{by = 1;\n    if'],
  ['the end', endWith('this.#rest();'), 'by };\n  }', 'by };\n  this.#rest();}'],
])('changed is %s', (_, edit, from, to) => {
  expect(mutated('Clock.tick', edit)).toBe(CLOCK.replace(from, to));
});

test.each<[string, string, string]>([
  ['a function', 'tick', '{\n  return clock'],
  ['a getter', 'Clock.isDone', '{\n    return this.#isDone'],
  ['a private method', 'Clock.rest', '{\n    this.#ticks = 0'],
])('%s is found by its name', (_, where, from) => {
  expect(mutated(where, beginWith(';'))).toBe(CLOCK.replace(from, from.replace('{', '{;')));
});

test.each<[string, Edit, string]>([
  ['Clock.stop', beginWith(';'), 'wrong has 0 times "Clock.stop"'],
  [
    'Clock.tick',
    leaveOut(call('stop')),
    'wrong: Clock.tick in src/clock.ts has 0 times "call of stop"',
  ],
  ['Clock.tick', leaveOut(operand('by')), 'has 3 times "operand with by'],
])('a place in %s that is not there once is named', (where, edit, message) => {
  expect(() => mutated(where, edit)).toThrow(message);
  expect(() => mutated(where, edit)).toThrow(/Bring test\/simulation\/mutants\.ts up to date\.$/);
});

test('what is no code any more is refused', () => {
  expect(() => mutated('tick', beginWith('return ('))).toThrow();
});

function mutated(where: string, edit: Edit): string {
  const sources = new Map([
    ['bell.ts', 'export class Bell {}'],
    ['clock.ts', CLOCK],
  ]);
  const { path, text } = mutate(sources, { name: 'wrong', in: where, edit });
  expect(path).toBe('clock.ts');
  return text;
}
