import { expect, onTestFinished, test } from 'vitest';
import { RecordedClock } from '../../../src/recordings/actions/recorded-time.ts';

test.each([
  ['max', 5_000, 0],
  [1, 5_000, 5_000],
  [10, 5_000, 500],
  [0.5, 5_000, 10_000],
] as const)('at speed %s an action of %i ms is due after %i ms', (speed, t, due) => {
  expect(new RecordedClock(speed).dueMs(t)).toBe(due);
});

test('a wait may be longer than a timer of Node can be', async () => {
  const stop = new AbortController();
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const waiting = new RecordedClock(1).until(30 * 86_400_000, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(warnings).toEqual([]);
});

test('of times that count from 1970 the first is due at once', () => {
  const clock = new RecordedClock(2);
  expect([1.7e12, 1.7e12 + 500].map((t) => clock.dueMs(t))).toEqual([0, 250]);
});
