import type { Reporter, TestModule } from 'vitest/node';
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0,
      failed = unhandled.length,
      skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      if (module.errors().length > 0) failed++; // a file that cannot be loaded has no tests to count
    }
    process.once('exit', (code) => {
      const shown = failed === 0 && code !== 0 ? 1 : failed;
      process.stdout.write(
        `${passed} passed, ${shown} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
      );
    });
  }
}
