import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readResults, rendered } from '../../bench/report/documents.ts';

const results = readResults();

test.skipIf(results === undefined)('the documents show the results that were measured last', () => {
  if (results === undefined) return;
  const stale = [...rendered(results)]
    .filter(
      ([path, text]) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8') !== text,
    )
    .map(([path]) => path);
  expect(stale, 'npm run bench -- --render').toEqual([]);
});
