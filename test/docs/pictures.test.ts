import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { legend } from '../../src/inspector/legend.ts';
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
    ...times(stop, 'succeeded'),
    'failed',
    ...times(first.length - stop - 1, 'skipped'),
    ...['succeeded', 'failed', 'skipped'],
    ...times(again.length, 'succeeded'),
    ...times(second.length - again.length, 'unsettled'),
    ...['succeeded', 'unsettled'],
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

test('the pictures and the live page have one legend', () => {
  const picture = readFileSync(new URL('../../docs/pictures/failure.svg', import.meta.url), 'utf8');
  const [light = '', dark = ''] = picture.split('@media (prefers-color-scheme: dark)');
  const looks = new Set([...picture.matchAll(/<rect .*? class="(\w+)"/g)].map(([, look]) => look));
  expect(looks.size).toBe(4);
  for (const [name, entry] of Object.entries(legend)) {
    if (!looks.delete(name)) continue;
    const colour = entry.isOutline ? 'stroke' : 'fill';
    const rule = (text: string): string =>
      new RegExp(`\\.${name} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
    expect(rule(light)).toContain(`${colour}: ${entry.light}`);
    expect(rule(dark)).toContain(`${colour}: ${entry.dark}`);
    if (entry.isOutline) expect(rule(light)).toContain('stroke-dasharray');
  }
  expect([...looks]).toEqual([]);
});
