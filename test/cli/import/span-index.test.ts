import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IndexedSpan, PlacedSpan } from '../../../src/cli/import/span-index.ts';
import { SpanIndex } from '../../../src/cli/import/span-index.ts';

function span(id: string, parentId?: string, start = 1n, end: bigint | undefined = 2n, bytes = 10) {
  const place = { kind: 'span', within: undefined, line: 1, pieces: [0, bytes] };
  return { ...place, id, parentId, start, end } satisfies IndexedSpan;
}

/** Of all traces, in order. */
function placedIn(index: SpanIndex): PlacedSpan[] {
  const placed: PlacedSpan[] = [];
  for (const trace of index.traces()) placed.push(...index.parentsFirst(trace));
  return placed;
}

test('parents come before their children, whatever the order and the starts, and each span once', () => {
  const tree = fc.array(
    fc.record({
      parent: fc.option(fc.nat(30), { nil: undefined }),
      start: fc.bigInt({ min: 0n, max: 5n }),
    }),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(tree, (given) => {
      const index = new SpanIndex();
      for (const [id, { parent, start }] of given.entries()) {
        const parentId = parent === undefined ? undefined : String(parent);
        index.addSpan('t', span(String(id), parentId, start));
      }
      const seen = new Set<IndexedSpan>();
      for (const { span: one, parent, orphaned } of placedIn(index)) {
        expect(seen.has(one)).toBe(false);
        expect(parent === undefined || seen.has(parent)).toBe(true);
        expect(parent?.id).toBe(orphaned === undefined ? one.parentId : undefined);
        if (orphaned === 'missing')
          expect(Number(one.parentId)).toBeGreaterThanOrEqual(given.length);
        seen.add(one);
      }
      expect(seen.size).toBe(given.length);
      expect(isCircular(given) ? index.found.inCircles : -1).not.toBe(0);
      if (!isCircular(given)) expect(index.found.inCircles).toBe(0);
    }),
    { seed: 17, numRuns: 1_000 },
  );
});

function isCircular(given: readonly { readonly parent: number | undefined }[]): boolean {
  return given.some((_, from) => {
    let at = given[from]?.parent;
    for (let steps = 0; at !== undefined && at !== from && steps < given.length; steps++) {
      at = given[at]?.parent;
    }
    return at === from;
  });
}

test('a chain of 100,000 spans that came from its end takes no stack', () => {
  const index = new SpanIndex();
  for (let id = 99_999; id >= 0; id--) index.addSpan('t', span(String(id), String(id - 1)));
  const order = placedIn(index).map((placed) => Number(placed.span.id));
  expect(order).toEqual([...Array(100_000).keys()]);
});

test('spans are in the order of their starts, and traces in that of their first', () => {
  const index = new SpanIndex();
  index.addSpan('late', span('3', undefined, 3n));
  index.addSpan('early', span('4', undefined, 4n));
  index.addSpan('early', span('2', undefined, 2n));
  expect(placedIn(index).map((placed) => placed.span.id)).toEqual(['2', '4', '3']);
});

test('the same id in two traces is of two spans', () => {
  const index = new SpanIndex();
  index.addSpan('a', span('1'));
  index.addSpan('b', span('2', '1'));
  expect(placedIn(index).map(({ orphaned }) => orphaned)).toEqual([undefined, 'missing']);
  expect(index.found).toMatchObject({ traces: 2, spans: 2, duplicates: 0 });
});

test('of two records of a span the one that has ended counts, then the longer, then the first', () => {
  const index = new SpanIndex();
  const [open, long, short] = [
    { ...span('1', undefined, 1n, 2n, 99), end: undefined },
    span('1', undefined, 1n, 2n, 11),
    span('1', undefined, 1n, 2n, 10),
  ];
  for (const one of [open, short, long, { ...long }]) index.addSpan('t', one);
  expect(placedIn(index)[0]?.span).toBe(long);
  expect(index.found.duplicates).toBe(3);
});

test('a record of a trace counts as a span does: one may be made of it', () => {
  const index = new SpanIndex(2);
  index.addTrace('t', span('t'));
  index.addTrace('t', span('t'));
  index.addSpan('t', span('1'));
  expect(() => index.addTrace('u', span('u'))).toThrow(/more than 2 spans/);
});

test('more spans than can be kept are refused before anything is sent', () => {
  const index = new SpanIndex(2);
  index.addSpan('t', span('1'));
  index.addSpan('t', span('2'));
  index.addSpan('t', span('2'));
  expect(() => index.addSpan('t', span('3'))).toThrow(/more than 2 spans.*whole traces; nothing/);
});
