import { expect, test } from 'vitest';
import { complete } from '../../../src/coalescer/ports/options.ts';

/** What the engine makes of a random number. */
function chanceOf(random: () => number): number {
  return complete({ send: () => Promise.reject(new Error('sends nothing')), random }).random();
}

test.each([[undefined], [1], [-0.1], [Number.NaN], ['0.3'], [0n], [Number.POSITIVE_INFINITY]])(
  'a random number that is none, %s, stands for the middle',
  (given) => {
    expect(chanceOf(() => given as number)).toBe(0.5);
  },
);

test.each([0, 0.999, 0.25])('a random number is taken as it is: %d', (given) => {
  expect(chanceOf(() => given)).toBe(given);
});
