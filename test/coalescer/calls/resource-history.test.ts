// What the engine keeps of a failure, for those who come later and need what failed.
import { describe, expect, test } from 'vitest';
import type { Reason, ToRecord } from '../../../src/coalescer/index.ts';
import type { EngineUnderTest } from '../../helpers/engine.ts';
import { endsOf, engineUnderTest, reasonOf } from '../../helpers/engine.ts';
import type { Fault } from '../../helpers/scripted-send.ts';
import { no } from '../../helpers/scripted-send.ts';

/** Why a call that comes later is rejected. */
async function causeOfLater(t: EngineUnderTest, name = 'r'): Promise<unknown> {
  const reason = await reasonOf(t.call('later', { uses: [name] }));
  return reason?.kind === 'dependency' ? reason.because : reason;
}

async function refused(toRecord?: ToRecord<Fault>): Promise<EngineUnderTest> {
  const t = engineUnderTest({ maxItems: 1 }, { toRecord });
  void t.call('first', { makes: 'r' });
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('first', 'bad');
  await t.clock.settle();
  return t;
}

describe('without a port for it', () => {
  test('of an error nothing is kept of the answer', async () => {
    const reason = { kind: 'error', output: undefined, maybeApplied: false };
    expect(await causeOfLater(await refused())).toEqual({ key: 'first', reason });
  });

  test('of an abort nothing is kept of its reason', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const first = t.call('first', { makes: 'r', signal: abort.signal });
    abort.abort({ body: 'large' });
    expect(await endsOf(first)).toEqual(['aborted']);
    const reason = { kind: 'aborted', reason: undefined, maybeApplied: false };
    expect(await causeOfLater(t)).toEqual({ key: 'first', reason });
  });

  test('of what was skipped for good, nothing is kept of the answer that stopped it', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    void t.call('bad');
    void t.call('first', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('bad');
    await t.clock.settle();
    const error: Reason<Fault> = { kind: 'error', output: undefined, maybeApplied: false };
    const because = { key: 'bad', reason: error };
    const reason = { kind: 'skipped', because, maybeApplied: false };
    expect(await causeOfLater(t)).toEqual({ key: 'first', reason });
  });

  test('of an error that was to pass, and did not, nothing is kept of the answer', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    void t.call('first', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ first: no('busy') });
    await t.clock.drain();
    const last = { kind: 'output', output: undefined };
    expect(await causeOfLater(t)).toMatchObject({ reason: { kind: 'exhausted', last } });
  });

  test('of a refusal of the whole request, what the sender said of it', async () => {
    const t = engineUnderTest();
    void t.call('first', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.refuse('no more than this');
    await t.clock.settle();
    expect(await causeOfLater(t)).toMatchObject({
      reason: { kind: 'refused', failure: 'no more than this' },
    });
  });
});

describe('with a port for it', () => {
  const toRecord: ToRecord<Fault> = { output: () => 'the gist' };

  test('those who come later are given what it made of the reason', async () => {
    const reason = { kind: 'error', output: 'the gist', maybeApplied: false };
    expect(await causeOfLater(await refused(toRecord))).toEqual({ key: 'first', reason });
  });

  test('it is asked twice for a failure at most, however many that takes along', async () => {
    let asked = 0;
    const t = engineUnderTest(
      { maxItems: 1 },
      {
        toRecord: {
          output: () => {
            asked++;
          },
        },
      },
    );
    void t.call('first', { makes: 'r0' });
    for (let n = 1; n < 100; n++) void t.call(`k${n}`, { makes: `r${n}`, uses: [`r${n - 1}`] });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('first');
    await t.clock.settle();
    expect(await causeOfLater(t, 'r99')).toMatchObject({ key: 'first' });
    void t.call('more', { makes: 'x', uses: ['r99'] });
    expect(await causeOfLater(t, 'x')).toMatchObject({ key: 'first' });
    // For the failure itself, and for those whom it took along.
    expect(asked).toBe(2);
  });

  test('where it throws, everybody is told all the same', async () => {
    const t = await refused({
      output: () => {
        throw new Error('no record');
      },
    });
    const reason = { kind: 'error', output: undefined, maybeApplied: false };
    expect(await causeOfLater(t)).toEqual({ key: 'first', reason });
    t.expectIdle();
  });
});
