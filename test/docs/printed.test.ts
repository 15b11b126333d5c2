import { expect, test } from 'vitest';
import { isPrinted } from '../../scripts/docs-code/printed.ts';

test.each([
  ['ok\n', 'ok'],
  ['a\n\nb  \n\n', 'a\n\nb'],
  ['  a', '  a'],
])('%j is what %j says', (printed, text) => {
  expect(isPrinted(printed, { text, figures: false })).toBe(true);
});

test.each([
  ['', 'ok'],
  ['ok\nmore\n', 'ok'],
  ['call 37 failed', 'call 38 failed'],
  ['a  b', 'a b'],
  ['  a', 'a'],
])('%j is not what %j says', (printed, text) => {
  expect(isPrinted(printed, { text, figures: false })).toBe(false);
});

test.each([
  ['time     0.41 s     9.8 times faster', 'time    12.40 s    10 times faster'],
  ['       1,204 calls', '         724 calls'],
  ['p50 912.4 ms, p99 1.31 s', 'p50 30 ms, p99 41 ms'],
])('%j is what %j says, figures apart', (printed, text) => {
  expect(isPrinted(printed, { text, figures: true })).toBe(true);
});

test.each([
  ['body 0.41 kB', 'body 0.41 s'],
  ['36 resolved, 1 rejected', '36 resolved'],
  ['no calls', '3 calls'],
  ['724 calls\n2 failed', '724 calls'],
])('%j is not what %j says, figures or not', (printed, text) => {
  expect(isPrinted(printed, { text, figures: true })).toBe(false);
});
