import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { failurePicture } from '../../scripts/pictures/failure.ts';
import { tellFailureStory } from '../../scripts/pictures/failure-story.ts';

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
  const url = new URL('../../docs/pictures/failure.svg', import.meta.url);
  expect(readFileSync(url, 'utf8'), 'node scripts/pictures.ts').toBe(failurePicture(story));
});
