import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Far above what any test takes on a machine of its own: ours are shared.
    testTimeout: 60_000,
    include: ['test/**/*.test.ts'],
    // Of the built site: `npm run docs`.
    exclude: [...configDefaults.exclude, 'test/site/**'],
    reporters: [process.env['CI'] ? 'dot' : 'default', './test/count-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'lcovonly'],
      thresholds: { lines: 90, branches: 90 },
    },
  },
});
