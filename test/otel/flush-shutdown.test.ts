import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import { harness } from '../helpers/harness.ts';
import { treesOf } from '../trace/trees.ts';
import type { TracedProgram } from './traced-program.ts';
import { tracedProgram, within } from './traced-program.ts';

const run = { status: 'complete', spans: [{ name: 'a', status: 'complete' }] };

describe('forceFlush', () => {
  test('resolves when all that has ended has settled, also what ended just before', async () => {
    const t = await tracedProgram();
    t.tracer.startSpan('a').end();
    const flushed = t.provider.forceFlush();
    let isFlushed = false;
    void flushed.then(() => {
      isFlushed = true;
    });
    await t.pass(10);
    expect(isFlushed).toBe(false);
    await within(t, flushed);
    expect(treesOf(t.emulator)).toEqual([run]);
  });

  test('leaves open what is open', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('a');
    await within(t, t.provider.forceFlush());
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'active' }]);
    span.end();
    await within(t, t.provider.forceFlush());
    expect(treesOf(t.emulator)).toEqual([run]);
  });

  test('resolves though calls fail, since they have settled', async () => {
    const t = await tracedProgram({ run: { agentId: 'agent-1', environmentId: 'no such' } });
    t.emulator.faults.refuse(() => true);
    const failures: unknown[] = [];
    t.client.on('failure', ({ error }) => failures.push(error));
    t.tracer.startSpan('a').end();
    await within(t, t.processor.forceFlush());
    expect(failures.length).toBeGreaterThan(0);
  });

  test('rejects when its time is over, and says how much is left; nothing is lost', async () => {
    const t = await tracedProgram({ flushTimeoutMs: 5 });
    t.tracer.startSpan('a').end();
    await expect(within(t, t.processor.forceFlush())).rejects.toThrow(
      '5 calls have not settled within 5 ms (flushTimeoutMs). The client goes on with them.',
    );
    await t.settled();
    expect(treesOf(t.emulator)).toEqual([run]);
  });
});

describe('shutdown', () => {
  test('ends what is open as cancelled, and flushes', async () => {
    const t = await tracedProgram();
    t.tracer.startSpan('a').end();
    t.tracer.startSpan('b');
    await within(t, t.provider.shutdown());
    expect(treesOf(t.emulator)).toEqual(
      expect.arrayContaining([
        run,
        { status: 'cancelled', spans: [{ name: 'b', status: 'cancelled' }] },
      ]),
    );
  });

  test('twice is once, and later spans are ignored', async () => {
    const t = await tracedProgram();
    const first = t.processor.shutdown();
    expect(t.processor.shutdown()).toBe(first);
    await within(t, first);
    t.processor.onStart(new BasicTracerProvider().getTracer('late').startSpan('late') as never);
    await t.settled();
    await within(t, t.processor.forceFlush());
    expect(t.sent).toEqual([]);
  });

  test('never rejects: what is left when its time is over stays with the client', async () => {
    const t = await tracedProgram({ flushTimeoutMs: 5 });
    t.tracer.startSpan('a').end();
    await within(t, t.provider.shutdown());
    expect(t.log.entries[0]).toEqual([
      'warn',
      expect.stringMatching(/^5 calls have not settled within 5 ms/),
    ]);
    await t.settled();
    expect(treesOf(t.emulator)).toEqual([run]);
  });

  test('leaves the client open, unless it is to close it', async () => {
    const t = await tracedProgram();
    await within(t, t.processor.shutdown());
    void t.span('after');
    await t.settled();
    expect(t.client.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1 });

    const closing = new PrefactorSpanProcessor(t.client, { closeClient: true });
    await within(t, closing.shutdown());
    await expect(t.span('closed')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('with a closed client nothing throws, and nothing is open', async () => {
    const t = await tracedProgram();
    await within(t, t.client.close());
    t.tracer.startSpan('a').end();
    await within(t, t.provider.forceFlush());
    await within(t, t.provider.shutdown());
    expect(t.sent).toEqual([]);
  });
});

describe('a server that does not answer', () => {
  async function unanswered(options = {}): Promise<TracedProgram> {
    const t = await tracedProgram({ flushTimeoutMs: 2_000, ...options });
    t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
    t.tracer.startSpan('a').end();
    return t;
  }

  test('holds up forceFlush for no longer than its time', async () => {
    const t = await unanswered();
    const flushed = t.processor.forceFlush();
    const how = settledHow(flushed);
    await t.pass(1_999);
    expect(how.now).toBe('pending');
    await t.pass(1);
    expect(how.now).toBe('rejected');
    await end(t);
  });

  test.each([false, true])(
    'nor shutdown, which resolves (closeClient: %s)',
    async (closeClient) => {
      const t = await unanswered({ closeClient });
      const how = settledHow(t.processor.shutdown());
      await t.pass(1_999);
      expect(how.now).toBe('pending');
      await t.pass(1);
      expect(how.now).toBe('resolved');
      await end(t);
    },
  );

  test('shutdown does not wait again where forceFlush waits', async () => {
    const t = await unanswered();
    const [flush, shutdown] = [t.processor.forceFlush(), t.processor.shutdown()].map(settledHow);
    await t.pass(2_000);
    expect([flush?.now, shutdown?.now]).toEqual(['rejected', 'resolved']);
    await end(t);
  });

  /** It answers again. */
  async function end(t: TracedProgram): Promise<void> {
    t.emulator.faults.clear();
    await within(t, t.client.close({ timeoutMs: 600_000 }));
  }

  function settledHow(promise: Promise<void>): { now: string } {
    const how = { now: 'pending' };
    promise.then(
      () => {
        how.now = 'resolved';
      },
      () => {
        how.now = 'rejected';
      },
    );
    return how;
  }
});

test('after shutdown spans start and end without effect, and forceFlush resolves', async () => {
  const t = await tracedProgram({ closeClient: true });
  const open = t.tracer.startSpan('open');
  await within(t, t.processor.shutdown());
  const state = t.emulator.snapshot();
  const sent = t.sent.length;
  t.processor.onEnd(open as never);
  t.tracer.startSpan('late').end();
  await within(t, t.processor.forceFlush());
  await within(t, t.processor.shutdown());
  await t.settled();
  expect(t.sent).toHaveLength(sent);
  expect(t.emulator.snapshot()).toEqual(state);
});

describe('a span that cannot be read', () => {
  const unreadable = {
    get() {
      throw new Error('unreadable');
    },
  };

  test('at its start is left out, and hurts nobody', async () => {
    const t = await tracedProgram();
    t.processor.onStart({} as never);
    t.processor.onEnd({} as never);
    const odd = t.tracer.startSpan('odd');
    Object.defineProperty(odd, 'attributes', unreadable);
    t.tracer.startSpan('a').end();
    t.processor.onEnd(odd as never);
    await within(t, t.provider.shutdown());
    expect(treesOf(t.emulator)).toEqual([run]);
    expect(t.log.entries.filter(([level]) => level === 'warn')).toEqual([
      ['warn', 'A span could not be recorded.', expect.any(Error)],
    ]);
  });

  test('at its end ends without what it says', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('a');
    await t.settled();
    Object.defineProperty(span, 'events', unreadable);
    span.end();
    await within(t, t.provider.shutdown());
    expect(treesOf(t.emulator)).toEqual([run]);
  });
});

describe('wrong arguments', () => {
  test.each([
    [{ filter: 'http' }, 'options.filter must be a function, but it is "http".'],
    [{ run: 'agent-1' }, 'options.run must be an object or a function, but it is "agent-1".'],
    [
      { flushTimeoutMs: 0 },
      'options.flushTimeoutMs must be an integer from 1 to 2147483647, but it is 0.',
    ],
    [{ maxOpenRun: 5 }, 'options.maxOpenRun is not known here'],
  ])('%j: %s', async (options, message) => {
    const t = await harness();
    expect(() => new PrefactorSpanProcessor(t.client, options as never)).toThrow(message);
  });

  test('no client', () => {
    expect(() => new PrefactorSpanProcessor({} as never)).toThrow(
      new TypeError('client must be an AutobatchClient.'),
    );
  });
});
