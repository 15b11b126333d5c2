import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tellFailureStory } from './failure-story.ts';

const story = await tellFailureStory();

test('of 100 calls in one request 36 resolve, number 37 rejects, and 63 go again in place', () => {
  const numbers = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  expect(story).toEqual({
    // Calls 101 to 120 were made while the first request was out.
    requests: [numbers(1, 100), numbers(38, 120)],
    rejected: new Map([[37, 'PrefactorValidationError']]),
    resolved: 119,
  });
});

test('the picture shows what happens', () => {
  const { requests, rejected } = story;
  const [first = [], second = []] = requests;
  const [[failed, error] = []] = rejected;
  const stop = first.indexOf(failed ?? 0);
  const again = second.filter((number) => first.includes(number));
  const times = (count: number, look: string) => Array<string>(count).fill(look);
  const picture = readFileSync(new URL('../../docs/pictures/failure.svg', import.meta.url), 'utf8');
  // A square is an item of a request, and its look what became of it there; each look is explained below it.
  expect([...picture.matchAll(/<rect .*? class="(\w+)"/g)].map(([, look]) => look)).toEqual([
    ...times(stop, 'resolved'),
    'rejected',
    ...times(first.length - stop - 1, 'skipped'),
    ...['resolved', 'rejected', 'skipped'],
    ...times(again.length, 'resolved'),
    ...times(second.length - again.length, 'later'),
    ...['resolved', 'later'],
  ]);
  expect([...picture.matchAll(/<text .*?>(.*?)<\/text>/g)].map(([, text]) => text)).toEqual([
    `${first.length} calls, one request, and number ${failed} fails`,
    `request 1: ${first.length} calls of one tick`,
    `${failed}`,
    `${stop} resolve, each with its own result`,
    `1 rejects, with its own error: ${error}`,
    `${again.length} were not reached: the server stops at the first error`,
    'request 2: at once, and by itself',
    `the same ${again.length}, in their old places: they resolve too`,
    `${second.length - again.length} calls that were made meanwhile stand behind them`,
  ]);
});
