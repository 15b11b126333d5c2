// Ends a test run with the line "N passed, N failed[, N skipped]", which .ci/run adds up.
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    let skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      if (module.errors().length > 0) failed++; // a file that cannot be loaded has no tests to count
    }
    // At the exit, so that it follows the coverage table; and only then a missed threshold is known.
    process.once('exit', (code) => {
      const shown = failed === 0 && code !== 0 ? 1 : failed;
      const rest = skipped > 0 ? `, ${skipped} skipped` : '';
      process.stdout.write(`${passed} passed, ${shown} failed${rest}\n`);
    });
  }
}
