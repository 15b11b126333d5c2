import { expect, test } from 'vitest';
import { FailureWarnings } from '../../src/client/failure-warnings.ts';
import { newError } from '../../src/errors/prefactor-error.ts';
import { PrefactorClosedError } from '../../src/errors/queue-errors.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

function setUp() {
  const clock = new HandClock();
  const logger = recordingLogger();
  const notice = new FailureWarnings({ clock, logger });
  return { clock, notice, warnings: () => logger.entries.map(([, text]) => text) };
}

const closed = (text: string) => newError(PrefactorClosedError, text, { last: undefined });

test('the first failure is warned of at once', () => {
  const { notice, clock, warnings } = setUp();
  notice.report(closed('It is closed.'));
  expect(warnings()).toEqual([
    "Calls failed: 1 × PrefactorClosedError. The first: It is closed. Listen to 'failure' to hear of each; the next summary comes after a minute at the earliest.",
  ]);
  expect(clock.timers).toBe(0);
});

test('later ones are gathered, by class, and told after a minute', () => {
  const { notice, clock, warnings } = setUp();
  notice.report(closed('One.'));
  notice.report(closed('Two.'));
  clock.advance(59_999);
  notice.report(new TypeError('with a payload'));
  expect(warnings()).toHaveLength(1);
  clock.advance(1);
  notice.report(closed('Four.'));
  expect(warnings()[1]).toContain(
    'Calls failed: 2 × PrefactorClosedError, 1 × TypeError. The first: Two.',
  );
  clock.advance(60_000);
  notice.report('a thrown string');
  expect(warnings()[2]).toContain('Calls failed: 1 × string. The first: string.');
});

test('what is no error of ours is named, not quoted', () => {
  const { notice, warnings } = setUp();
  notice.report(new TypeError('with a payload'));
  expect(warnings()[0]).toContain('1 × TypeError. The first: TypeError. ');
});
