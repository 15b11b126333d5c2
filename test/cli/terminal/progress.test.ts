import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProgressPosition } from '../../../src/cli/terminal/progress.ts';
import { showProgress } from '../../../src/cli/terminal/progress.ts';

const start: ProgressPosition = {
  bytesRead: 0,
  size: 1_000,
  actions: 0,
  pending: 0,
  failed: 0,
  requests: 0,
};
const half: ProgressPosition = {
  ...start,
  bytesRead: 500,
  actions: 1_200,
  pending: 1_000,
  requests: 3,
};

/** A terminal, or a pipe without `columns`, and all that is written to it. */
function screen(columns?: number) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
  const stream = new PassThrough({ encoding: 'utf8' });
  const isTTY = columns !== undefined;
  return {
    stream: Object.assign(stream, isTTY ? { isTTY, columns } : {}),
    written: () => String(stream.read() ?? ''),
  };
}

test('a terminal shows a bar on one line, which is gone at the end', () => {
  const { stream, written } = screen(100);
  let position = start;
  const progress = showProgress(stream, () => position);
  expect(written()).toBe(
    '\r\u001b[K........................ 0 %  0 actions, 0 requests, 0 pending',
  );
  position = half;
  vi.advanceTimersByTime(100);
  expect(written()).toBe(
    '\r\u001b[K############............ 50 %  1,200 actions, 3 requests, 1,000 pending',
  );
  vi.advanceTimersByTime(1_000);
  expect(written()).toBe('');
  progress.end();
  expect(written()).toBe('\r\u001b[K');
});

test('a sentence stands above the bar', () => {
  const { stream, written } = screen(100);
  const progress = showProgress(stream, () => ({ ...start, size: undefined }));
  written();
  progress.note('The API\nanswers again.');
  expect(written()).toBe(
    '\r\u001b[KThe API\\u000aanswers again.\n\r\u001b[K0 actions, 0 requests, 0 pending',
  );
  progress.end();
});

test('a bar is never wider than its terminal, since a line that wraps could not be cleared', () => {
  const { stream, written } = screen(30);
  showProgress(stream, () => half).end();
  expect(written()).toBe('\r\u001b[K############............ 50 %\r\u001b[K');
});

test('a terminal that does not tell its width is taken for one of 80 columns', () => {
  const { stream, written } = screen(0);
  showProgress(stream, () => ({ ...half, actions: 123_456_789, pending: 123_456_789 })).end();
  const [, bar = ''] = written().split('\r\u001b[K');
  expect(bar).toHaveLength(79);
});

test('elsewhere there is a line now and then, if something has moved, and no escape', () => {
  const { stream, written } = screen();
  let position = start;
  const progress = showProgress(stream, () => position);
  vi.advanceTimersByTime(5_000);
  expect(written()).toBe('0 actions, 0 requests, 0 pending\n');
  vi.advanceTimersByTime(5_000);
  expect(written()).toBe('');
  position = { ...half, failed: 7 };
  progress.note('The API answers again.');
  vi.advanceTimersByTime(5_000);
  expect(written()).toBe(
    'The API answers again.\n1,200 actions, 3 requests, 1,000 pending, 7 failed\n',
  );
  progress.end();
  expect(written()).toBe('');
});
