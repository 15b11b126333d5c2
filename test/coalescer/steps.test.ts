// Code that is not the engine's runs between steps, never inside one, and hurts only itself.
import { describe, expect, test } from 'vitest';
import type { Batch, EngineEvents, Send, Verdict } from '../../src/coalescer/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Events } from '../../src/lib/events.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { EngineUnderTest } from '../helpers/engine.ts';
import {
  endsOf,
  engineUnderTest,
  isBalanced,
  isSettled,
  openWindow,
  readOutput,
  reasonOf,
  referring,
} from '../helpers/engine.ts';
import { ok } from '../helpers/scripted-send.ts';

/** The only emitter that there is outside of tests, with listeners to all that is told. */
function eventsHeardBy(listener: () => void): Events<EngineEvents> {
  const events = new Events<EngineEvents>({ clock: systemClock(), logger: silentLogger });
  for (const name of ['dispatch', 'response', 'requeue', 'failure', 'idle'] as const) {
    events.on(name, listener);
  }
  return events;
}

const packed = (key: string): Batch => ({ keys: [key], texts: ['{}'], bytes: 14 });

describe('code that calls the engine back', () => {
  let serial = 0;
  const places = ['listener', 'sender', 'reader', 'maker of errors', 'signal', 'window'] as const;
  const acts: Readonly<Record<string, (t: EngineUnderTest, abort: () => void) => unknown>> = {
    flushes: (t) => t.engine.flush(),
    closes: (t) => t.engine.close({ timeoutMs: 1 }),
    'aborts calls': (_, abort) => abort(),
    'makes a call': (t) => t.call(`again-${serial++}`),
    'packs a batch': (t) => t.engine.execute(packed(`again-${serial++}`)),
    'leaves the page': (t) => t.engine.sendOutliving(1_000),
    throws: () => {
      throw new Error('out of order');
    },
  };
  const table = places.flatMap((place) => Object.keys(acts).map((act) => ({ place, act })));

  test.each(table)('as a $place, and $act', async ({ place, act }) => {
    const controller = new AbortController();
    let times = 0;
    let isInside = false;
    const callBack = (here: (typeof places)[number]): void => {
      if (here !== place || isInside || times++ > 8) return;
      isInside = true;
      try {
        acts[act]?.(t, () => controller.abort());
      } finally {
        isInside = false;
      }
    };
    const t: EngineUnderTest = engineUnderTest(
      { maxItems: 3, concurrency: 2 },
      {
        send: (batch, options) => {
          callBack('sender');
          return t.wire.send(batch, options);
        },
        toError: (reason) => {
          callBack('maker of errors');
          return reason;
        },
        events: eventsHeardBy(() => callBack('listener')),
        schedule: (flush) => {
          queueMicrotask(flush);
          callBack('window');
          return () => callBack('window');
        },
      },
    );
    const signal = Object.defineProperties(new EventTarget(), {
      aborted: {
        get: () => {
          callBack('signal');
          return controller.signal.aborted;
        },
      },
      reason: {
        get: () => {
          callBack('signal');
          return controller.signal.reason;
        },
      },
    }) as AbortSignal;
    controller.signal.addEventListener('abort', () => signal.dispatchEvent(new Event('abort')));
    const read = (output: unknown): Verdict<unknown> => {
      callBack('reader');
      return readOutput(output);
    };
    const calls = [
      t.call('a', { makes: 'A', readAs: read }),
      t.call('b', { makes: 'B', uses: ['A'], signal, readAs: read }),
      t.call('bad', { makes: 'C', readAs: read }),
      t.call('c', { uses: ['C'], readAs: read }),
      t.call('d', { uses: ['B'], signal, readAs: read }),
      t.engine.execute(packed('x'), { signal }),
      t.call('f', { signal, readAs: read }),
    ];
    const flushed = t.engine.flush();
    for (let turn = 0; turn < 200; turn++) {
      await t.clock.settle();
      const [request] = t.wire.parked;
      if (request === undefined) await t.clock.pass(500);
      else if (request.keys.includes('bad')) request.stopAt('bad');
      else if (turn % 5 === 1) request.lose();
      else request.answer();
      expect(isBalanced(t.engine.stats().ledger)).toBe(true);
    }
    for (const end of [...calls, flushed]) expect(await isSettled(end)).toBe(true);
    await t.answerAll();
    await t.clock.drain();
    const { queued, inFlight, queuedBytes, ledger } = t.engine.stats();
    expect({ queued, inFlight, queuedBytes, pending: ledger.pending }).toEqual({
      queued: 0,
      inFlight: 0,
      queuedBytes: 0,
      pending: 0,
    });
    expect(t.engine.resources).toBe(0);
  });
});

describe('what only looks like a signal', () => {
  const throws = (): never => {
    throw new Error('not a signal');
  };
  const base = { aborted: false, reason: 'why', addEventListener() {}, removeEventListener() {} };
  test.each<[string, object, string]>([
    ['cannot be let go', { removeEventListener: undefined }, 'ok'],
    ['throws as it is let go', { removeEventListener: throws }, 'ok'],
    ['cannot be followed', { addEventListener: undefined }, 'threw'],
    ['throws as it is followed', { addEventListener: throws }, 'threw'],
  ])('%s', async (_, part, end) => {
    const t = engineUnderTest();
    const signal = { ...base, ...part } as unknown as AbortSignal;
    const calls = [t.call('a'), t.call('b', { signal }), t.call('c')];
    const alone = t.engine.execute(packed('x'), { signal });
    await t.answerAll();
    expect(await endsOf(...calls, alone)).toEqual(['ok', end, 'ok', end]);
    t.expectIdle();
  });

  test('stands before a real one', async () => {
    const t = engineUnderTest();
    const controller = new AbortController();
    const calls = [t.call('a'), t.call('b', { signal: new Proxy(controller.signal, {}) })];
    controller.abort('enough');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'aborted']);
    t.expectIdle();
  });

  test('fires while it is being followed', async () => {
    const t = engineUnderTest();
    const signal = { ...base, addEventListener: (_: string, listener: () => void) => listener() };
    const call = t.call('a', { signal: signal as unknown as AbortSignal });
    await expect(call).rejects.toBe('why');
    await t.answerAll();
    expect(t.wire.requests).toEqual([]);
    t.expectIdle();
  });

  test('has a reason that cannot be read', async () => {
    const t = engineUnderTest();
    let fire = (): void => {};
    const signal = {
      ...base,
      get reason() {
        return throws();
      },
      addEventListener: (_: string, listener: () => void) => {
        fire = listener;
      },
    };
    const call = t.call('a', { signal: signal as unknown as AbortSignal });
    fire();
    await expect(call).rejects.toThrow('not a signal');
    t.expectIdle();
  });
});

describe('what comes from outside and is nonsense', () => {
  test.each([
    undefined,
    null,
    7,
    {},
    { kind: 'done' },
    { kind: 'answered', status: 200 },
    { kind: 'answered', status: 200, outputs: null },
  ])('a sender that resolves to %j has lost its request', async (nonsense) => {
    let times = 0;
    const send: Send<string> = async (batch) => {
      const outputs = Object.fromEntries(batch.keys.map((key) => [key, ok()]));
      return times++ === 0 ? (nonsense as never) : { kind: 'answered', status: 200, outputs };
    };
    const t = engineUnderTest({}, { send });
    const call = t.call('a');
    await t.clock.drain();
    expect(await endsOf(call)).toEqual(['ok']);
    expect(t.events.retry).toMatchObject([{ reason: 'lost' }]);
    t.expectIdle();
  });

  test.each([
    undefined,
    null,
    7,
    {},
    { kind: 'success?' },
    { kind: 'error', code: 7 },
    { kind: 'error', retryAfterMs: Number.NaN },
  ])('a reader that gives %j cannot read its output, and its neighbours can', async (nonsense) => {
    const t = engineUnderTest();
    const calls = [t.call('a', { readAs: () => nonsense as never }), t.call('b')];
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['contract', 'ok']);
    t.expectIdle();
  });

  test('a text that cannot be made once its id is known ends its item alone, and who needs that', async () => {
    const t = engineUnderTest();
    const made = t.number();
    const pieces: string[] = ['{', '}'];
    const root = t.call('root', { makes: made });
    const broken = t.call('broken', { ...referring('broken', made), pieces, makes: 'B' });
    const needs = t.call('needs', { uses: ['B'] });
    const child = t.call('child', referring('child', made));
    Object.defineProperty(pieces, 0, {
      get: () => {
        throw new RangeError('Invalid string length');
      },
    });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: ok('r1') });
    await t.answerAll();
    expect(await endsOf(root, broken, needs, child)).toEqual(['ok', 'threw', 'dependency', 'ok']);
    t.expectIdle();
  });

  test('a window that cannot be opened is over', async () => {
    const schedule = (): never => {
      throw new Error('jammed');
    };
    const t = engineUnderTest({}, { schedule });
    const calls = [t.call('a'), t.call('b')];
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });
});

describe('where the stack is nearly used up', () => {
  /** Calls `act` at every depth of a recursion that goes to the end of the stack. */
  function atEveryDepth(act: (depth: number) => void): void {
    const down = (depth: number): void => {
      try {
        down(depth + 1);
      } finally {
        act(depth);
      }
    };
    try {
      down(0);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  test('a call is made as a whole, or not at all', async () => {
    const t = engineUnderTest({ queue: { maxItems: 1_000_000, maxBytes: 1e9 } });
    let made = 0;
    let refused = 0;
    atEveryDepth((depth) => {
      try {
        t.call(`k${depth}`, { makes: `m${depth}`, uses: [`m${depth + 1}`] }).then(
          () => made++,
          () => refused++,
        );
      } catch {
        // There was not even room to refuse it.
      }
    });
    expect(isBalanced(t.engine.stats().ledger)).toBe(true);
    const { accepted } = t.engine.stats().ledger;
    await t.answerAll();
    await t.clock.settle();
    expect(made + refused).toBeGreaterThanOrEqual(accepted);
    expect(t.engine.stats().ledger.succeeded).toBe(made);
    t.expectIdle();
  });

  test('an abort still reaches its calls', async () => {
    const t = engineUnderTest();
    const controller = new AbortController();
    const calls = [t.call('a', { signal: controller.signal }), t.call('b')];
    let isAborted = false;
    atEveryDepth(() => {
      if (isAborted) return;
      isAborted = true;
      controller.abort();
    });
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['aborted', 'ok']);
    t.expectIdle();
  });
});

describe('when very many calls end at once', () => {
  const MANY = 5_000;

  test('the books change in one step, and callers are told in slices, in their order', async () => {
    const t = engineUnderTest({ maxItems: 10_000 }, { schedule: openWindow });
    const controller = new AbortController();
    const told: number[] = [];
    for (let n = 0; n < MANY; n++) {
      const call = t.call(`k${n}`, { signal: controller.signal });
      call.catch(() => told.push(n));
    }
    controller.abort();
    const flushed = t.engine.flush();
    let isFlushed = false;
    void flushed.then(() => {
      isFlushed = true;
    });
    expect(t.engine.stats().ledger).toMatchObject({ cancelled: MANY, pending: 0 });
    const slices: number[] = [];
    while (told.length < MANY) {
      expect(isFlushed).toBe(false);
      expect(t.events.idle).toEqual([]);
      const before = told.length;
      await t.clock.settle();
      slices.push(told.length - before);
    }
    // Two turns of the loop: the one of the abort, and the next one.
    expect(Math.max(...slices)).toBeLessThanOrEqual(2_000);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    await flushed;
    expect(t.events.idle).toHaveLength(1);
    t.expectIdle();
  });

  test('what is decided cannot be sent, aborted or shared while callers are told', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [t.call('root', { makes: 'R' })];
    for (let n = 0; n < MANY; n++) {
      calls.push(t.call(`k${n}`, { uses: ['R'], fingerprint: 'same', signal }));
    }
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await Promise.resolve();
    while (t.engine.stats().ledger.pending > 0) await Promise.resolve();
    expect(await isSettled(calls[MANY] as Promise<unknown>)).toBe(false);
    controller.abort();
    const again = t.call(`k${MANY - 1}`, { fingerprint: 'same', makes: 'other' });
    await t.answerAll();
    expect(await endsOf(calls[MANY] as Promise<unknown>, again)).toEqual(['dependency', 'ok']);
    expect(t.engine.stats().ledger).toMatchObject({
      refused: MANY + 1,
      cancelled: 0,
      succeeded: 1,
    });
    expect(t.wire.batches).toEqual([['root'], [`k${MANY - 1}`]]);
    await Promise.allSettled(calls);
    t.expectIdle();
  });

  test.each(['one signal', 'one key, a signal each', 'one key, aborted the last first'])(
    'an abort of n calls looks at each once: %s',
    async (how) => {
      const looks = async (count: number): Promise<number> => {
        let times = 0;
        const t = engineUnderTest({ maxItems: 1_000_000 }, { schedule: openWindow });
        const now = t.clock.now.bind(t.clock);
        const controllers = Array.from({ length: count }, () => new AbortController());
        const first = controllers[0] as AbortController;
        for (const [n, controller] of controllers.entries()) {
          const isShared = how.startsWith('one key');
          const { signal } = isShared ? controller : first;
          void t.call(isShared ? 'k' : `k${n}`, { signal, fingerprint: 'same' });
        }
        Object.assign(t.clock, {
          now: () => {
            times++;
            return now();
          },
        });
        if (how.endsWith('first')) controllers.reverse();
        if (how === 'one signal') first.abort();
        else for (const controller of controllers) controller.abort();
        times -= how === 'one signal' ? 0 : count;
        while (t.engine.stats().ledger.cancelled < count) await t.clock.settle();
        t.wire.parked[0]?.answer();
        await t.clock.settle();
        return times;
      };
      const [few, many] = [await looks(50), await looks(5_000)];
      // A signal of its own for each is an abort for each: a step for each.
      if (how === 'one signal') expect(many).toBeLessThanOrEqual(few + 20);
      else expect(many).toBeLessThanOrEqual(5_000 * 4);
    },
  );

  test('close waits until the last of them has been told', async () => {
    const t = engineUnderTest({}, { schedule: openWindow });
    let told = 0;
    for (let n = 0; n < MANY; n++) t.call(`k${n}`, { uses: ['x'] }).catch(() => told++);
    const closed = t.engine.close({ timeoutMs: 10 });
    await t.clock.pass(10);
    await closed;
    expect(told).toBe(MANY);
    expect(t.engine.stats().ledger.pending).toBe(0);
  });
});

describe('callers who share an item', () => {
  const same = { fingerprint: 'same' };

  test('are answered each by their own reader, and own their results', async () => {
    const t = engineUnderTest();
    const raw = t.call('a', same);
    const shaped = t.call('a', {
      ...same,
      readAs: (output: unknown) => ({ kind: 'success', value: { shaped: output } }),
    });
    await t.clock.settle();
    const output = { ok: true, payload: { n: 1 } };
    t.wire.parked[0]?.answer({ a: output });
    const [first, second] = [await raw, (await shaped) as { shaped: typeof output }];
    expect(first).toEqual(output);
    expect(second).toEqual({ shaped: output });
    second.shaped.payload.n = 2;
    expect(first).toEqual({ ok: true, payload: { n: 1 } });
    t.expectIdle();
  });

  test('may find the same output readable and not', async () => {
    const t = engineUnderTest();
    const calls = [
      t.call('a', same),
      t.call('a', { ...same, readAs: () => ({ kind: 'malformed' }) }),
    ];
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'contract']);
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, inDoubt: 1 });
    t.expectIdle();
  });

  test('whose first one has left are answered by the next one', async () => {
    const t = engineUnderTest();
    const controller = new AbortController();
    const first = t.call('a', {
      ...same,
      signal: controller.signal,
      readAs: () => ({ kind: 'malformed' }),
    });
    const second = t.call('a', same);
    await t.clock.settle();
    controller.abort();
    await t.answerAll();
    expect(await endsOf(first, second)).toEqual(['aborted', 'ok']);
    t.expectIdle();
  });

  test('get what cannot be copied as it is', async () => {
    const t = engineUnderTest();
    const calls = [t.call('a', same), t.call('a', same)];
    await t.clock.settle();
    const output = { ok: true, call: () => 7 };
    t.wire.parked[0]?.answer({ a: output });
    expect(await Promise.all(calls)).toEqual([output, output]);
    t.expectIdle();
  });
});

test('a fault of a call is counted as declined, and told', async () => {
  const t = engineUnderTest();
  const call = t.call('a', { signal: {} as AbortSignal });
  expect(await reasonOf(call)).toMatchObject({ kind: 'threw', maybeApplied: false });
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 0, declined: 1 });
  expect(t.events.failure).toHaveLength(1);
  t.expectIdle();
});
