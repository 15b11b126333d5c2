import { defineConfig } from 'vitest/config';
import { root } from '../../tools/run.ts';

// The checks of the built site, which only `npm run docs` has.
export default defineConfig({
  test: {
    root,
    include: ['test/site/*.test.ts'],
    // A bound for what hangs: on a busy machine, all pages at 360 pixels take a minute.
    testTimeout: 300_000,
    reporters: [process.env['CI'] ? 'dot' : 'default', './test/count-reporter.ts'],
  },
});
