import { expect, test } from 'vitest';
import { unsliced } from '../../src/lib/unsliced.ts';

// That it is in memory of its own: test/process/held.test.ts.
test.each(['', 'plain', 'é茶🍵', '"\\\n\u2028', 'half \ud800 a sign'])(
  '%j stays as it is',
  (text) => {
    expect(unsliced(text)).toBe(text);
  },
);
