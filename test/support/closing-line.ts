import { writeSync } from 'node:fs';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * Ends a run with one plain line, `N passed, N failed, N skipped`, for a reader of the last line only. A file that
 * could not be loaded and an error outside of any test count as one failure each. Before it, the tests that passed only
 * when they were tried again.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    const again: string[] = [];
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state] += 1;
        if (test.diagnostic()?.flaky === true) again.push(`passed when it was tried again: ${test.fullName}\n`);
        failedHere += state === 'failed' ? 1 : 0;
      }
      if (!module.ok() && failedHere === 0) {
        count.failed += 1;
      }
    }
    if (reason !== 'passed' && count.failed === 0) {
      count.failed = 1;
    }
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped\n`;
    process.once('exit', () => writeSync(1, again.join('') + line));
  }
}
