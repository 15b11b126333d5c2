import { expect, test } from 'vitest';
import { oneLine, unsliced } from '../../src/lib/snippets.ts';

test.each([
  ['two\nlines\r\nand\ttabs', 'two lines and tabs'],
  ['\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['\u009b2Jgone', '2Jgone'],
  ['\u202Egnirts', 'gnirts'],
  ['a\u2028b\u0000c\u0007', 'a b c'],
  ['Grüße, 茶 and 🍵', 'Grüße, 茶 and 🍵'],
])('%j is shown as %j', (text, shown) => {
  expect(oneLine(text)).toBe(shown);
});

// That it is in memory of its own: test/process/held.test.ts.
test.each(['', 'plain', 'é茶🍵', '"\\\n\u2028', 'half \ud800 a sign'])(
  '%j stays as it is',
  (text) => {
    expect(unsliced(text)).toBe(text);
  },
);
