// A time-out that fires late, since the loop was blocked or the process stopped: the server is real,
// and answers before the client's side of the socket is looked at.
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { HandClock } from '../helpers/hand-clock.ts';
import { serve } from './servers.ts';
import type { Way } from './ways.ts';
import { lost, sendingOver, ways } from './ways.ts';

const ANSWER = JSON.stringify({ outputs: { 'order-span-00': { status: 'success' } } });
const attemptTimeoutMs = 1_000;

/** Sends over that way; `answer` is called with the request, in whose turn the clock may be moved. */
async function sent(way: Way, answer: (response: ServerResponse, clock: HandClock) => void) {
  const send = sendingOver(way);
  const clock = new HandClock();
  const { apiUrl } = await serve((_, response) => answer(response, clock));
  const reply = await send(apiUrl, { attemptTimeoutMs, clock });
  expect(clock.timers).toBe(0);
  return reply;
}

describe.each(ways)('over %s, a time-out that fires late', (way) => {
  test.each([1_500, 3_600_000])('by all but 1 s of %i ms loses against an answer', async (ms) => {
    const reply = await sent(way, (response, clock) => {
      response.end(ANSWER, () => clock.advance(ms));
    });
    expect(reply).toMatchObject({ kind: 'answered', status: 200 });
  });

  test('loses against one that takes several turns to read', async () => {
    const reply = await sent(way, (response, clock) => {
      const parts = [...ANSWER];
      const writeOn = (): void => {
        const part = parts.splice(0, 12).join('');
        if (parts.length > 0) response.write(part, () => setImmediate(writeOn));
        else response.end(part);
      };
      response.write(' ', () => {
        clock.advance(60_000);
        writeOn();
      });
    });
    expect(reply).toMatchObject({ kind: 'answered' });
  });

  test('wins where there is none', async () => {
    const reply = await sent(way, (_, clock) => clock.advance(60_000));
    expect(reply).toEqual(lost({ kind: 'timeout', ms: attemptTimeoutMs }));
  });

  test('wins over one that goes on for more than a second', async () => {
    const reply = await sent(way, (response, clock) => {
      const drip = (): void => {
        clock.advance(100);
        if (!response.closed) response.write(' ', () => setImmediate(drip));
      };
      response.write(' ', () => {
        clock.advance(60_000);
        drip();
      });
    });
    expect(reply).toEqual(lost({ kind: 'timeout', ms: attemptTimeoutMs }));
  });
});
