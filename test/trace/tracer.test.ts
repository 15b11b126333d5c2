// Runs and spans around functions.
import { expect, onTestFinished, test, vi } from 'vitest';
import { traced } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { spansOf, treesOf } from './trees.ts';

test('spans nest by asynchronous context, also where functions run at once', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const answer = tracer.run({ name: 'agent' }, async () => {
    await Promise.all(
      ['a', 'b'].map((name) =>
        tracer.span(name, async () => {
          await t.pass(5);
          tracer.span(`${name} below`, () => 1);
          await Promise.resolve();
          return tracer.span(`${name} next`, async () => 2);
        }),
      ),
    );
    return tracer.span('c', () => 'the answer');
  });
  await t.settled();
  expect(await answer).toBe('the answer');
  const below = (name: string) => ({
    name,
    status: 'complete',
    children: [
      { name: `${name} below`, status: 'complete' },
      { name: `${name} next`, status: 'complete' },
    ],
  });
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        {
          name: 'agent',
          status: 'complete',
          children: [below('a'), below('b'), { name: 'c', status: 'complete' }],
        },
      ],
    },
  ]);
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 0 });
});

test('a span that is open elsewhere is the one around a function, and stays open after it', async () => {
  const t = await harness();
  const tracer = traced(t.client, { logger: false });
  const run = tracer.startRun({});
  const tool = run.startSpan('tool');
  const made = tool.within(async () => {
    await t.pass(1);
    return tracer.span('below', () => tracer.active() === tool);
  });
  expect(tracer.active()).toBeUndefined();
  expect(await made).toBe(false);
  expect(tool.within(() => tracer.active())).toBe(tool);
  expect(() => tool.within(() => throwing())).toThrow('no');
  await t.settled();
  const below = { name: 'below', status: 'complete' };
  expect(treesOf(t.emulator)).toEqual([
    { status: 'active', spans: [{ name: 'tool', status: 'active', children: [below] }] },
  ]);
  run.end();
  expect(tool.startSpan('late').within(() => 7)).toBe(7);
  await t.settled();
});

function throwing(): never {
  throw new Error('no');
}

test('after the end of a run no span of it is around what goes on', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const [during, after] = tracer.run({}, () => {
    const later = Promise.resolve().then(() => tracer.active());
    return [tracer.active(), later];
  });
  expect(during).toBeDefined();
  expect(await after).toBeUndefined();
  await t.settled();
});

test('runs at once do not mix, and neither do two tracers', async () => {
  const t = await harness();
  const [first, second] = [traced(t.client), traced(t.client)];
  const play = (tracer: typeof first, name: string) =>
    tracer.run({ name }, async () => {
      await t.pass(1);
      await tracer.span(`${name} 1`, () => t.pass(1));
    });
  const all = first.run({ name: 'outer' }, async () => {
    await Promise.all([play(first, 'x'), play(first, 'y'), play(second, 'z')]);
    first.span('outer 1', () => {});
  });
  await t.settled();
  await all;
  const trees = treesOf(t.emulator).flatMap(({ spans }) => spans);
  expect(trees).toHaveLength(4);
  for (const { name, children } of trees) {
    expect(children).toEqual([{ name: `${name} 1`, status: 'complete' }]);
  }
});

test('where there is no AsyncLocalStorage, handles say what belongs to what', async () => {
  const t = await harness();
  const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  onTestFinished(() => spy.mockRestore());
  const tracer = traced(t.client, { logger: false });
  const run = tracer.run({ name: 'agent' }, async (run) => {
    expect(tracer.active()).toBeUndefined();
    tracer.span('nowhere', () => {});
    await run.span('child', async (child) => {
      await t.pass(1);
      return child.span('grandchild', () => 1);
    });
    run.startSpan('by hand').end();
  });
  await t.settled();
  await run;
  expect(tracer.stats().unrecordedSpans).toBe(1);
  expect(treesOf(t.emulator)[0]?.spans).toEqual([
    {
      name: 'agent',
      status: 'complete',
      children: [
        { name: 'by hand', status: 'complete' },
        {
          name: 'child',
          status: 'complete',
          children: [{ name: 'grandchild', status: 'complete' }],
        },
      ],
    },
  ]);
});

test('what a function throws is thrown, by identity, and fails its span; a caught error fails no other', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const sync = new Error('sync');
  const later = { not: 'an Error' };
  const run = tracer.run({ name: 'agent' }, async () => {
    expect(() =>
      tracer.span('1 sync', () => {
        throw sync;
      }),
    ).toThrow(sync);
    await expect(
      tracer.span('2 async', async () => {
        await null;
        throw later;
      }),
    ).rejects.toBe(later);
    await expect(
      tracer.span('3 abort', async () => {
        throw new DOMException('stop', 'AbortError');
      }),
    ).rejects.toThrow('stop');
    await expect(tracer.span('4 nothing', () => Promise.reject())).rejects.toBe(undefined);
    await expect(
      tracer.span('5 timeout', () => Promise.reject(new DOMException('', 'TimeoutError'))),
    ).rejects.toThrow();
  });
  await t.settled();
  await run;
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        {
          name: 'agent',
          status: 'complete',
          children: [
            { name: '1 sync', status: 'failed' },
            { name: '2 async', status: 'failed' },
            { name: '3 abort', status: 'cancelled' },
            { name: '4 nothing', status: 'failed' },
            { name: '5 timeout', status: 'failed' },
          ],
        },
      ],
    },
  ]);
});

test.each([
  ['an error', new Error('no'), 'failed'],
  ['an abort', new DOMException('', 'AbortError'), 'cancelled'],
])('a run ends as its function does: %s', async (_, error, status) => {
  const t = await harness();
  const tracer = traced(t.client);
  const run = tracer.run({ name: 'agent' }, () => Promise.reject(error));
  await expect(run).rejects.toBe(error);
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([{ status, spans: [{ name: 'agent', status }] }]);
});

test('the root span is named after the agent, and has the type and the times of one', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const startedAt = '2026-08-31T00:00:00.000Z';
  const input = { question: 'Where?' };
  tracer.run({ agentVersion: { name: 'Shop assistant' }, input, startedAt }, (run) => {
    run.set({ tokenUsage: { totalTokens: 3 } });
    return 'Here.';
  });
  tracer.run({}, () => {});
  await t.settled();
  expect(spansOf(t.emulator)).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        schema_name: 'agent:agent',
        started_at: startedAt,
        payload: { name: 'Shop assistant', inputs: input },
        result_payload: {
          result: 'Here.',
          token_usage: { prompt_tokens: null, completion_tokens: null, total_tokens: 3 },
        },
      }),
      expect.objectContaining({ payload: { name: 'run', inputs: {} }, result_payload: {} }),
    ]),
  );
});

test('what a function sets is recorded instead of what it returns', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  tracer.run({ name: 'a' }, (run) => {
    run.set({ output: { text: 'short' }, status: 'cancelled' });
    return 'long'.repeat(1000);
  });
  await t.settled();
  expect(spansOf(t.emulator)[0]).toMatchObject({
    status: 'cancelled',
    result_payload: { text: 'short' },
  });
});

test('outside of any run a function runs unrecorded: that is told once, and counted', async () => {
  const t = await harness();
  const logger = recordingLogger();
  const tracer = traced(t.client, { logger });
  expect(tracer.active()).toBeUndefined();
  const value = {};
  expect(tracer.span('a', () => value)).toBe(value);
  expect(tracer.span('b', (span) => span.span('c', () => value))).toBe(value);
  expect(tracer.stats().unrecordedSpans).toBe(2);
  expect(logger.entries.map(([, message]) => message)).toEqual([
    expect.stringMatching(/^A span was started outside of any run/),
  ]);
  expect(t.client.stats().ledger.accepted).toBe(0);
});

test('the span around the caller is at hand, and what is forgotten in it ends with the run', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  await tracer.run({ name: 'agent' }, async (run) => {
    expect(tracer.active()).toBe(run);
    await tracer.span('child', async (child) => {
      expect(tracer.active()).toBe(child);
      tracer.active()?.startSpan('forgotten');
    });
    void tracer.span('not awaited', () => new Promise(() => {}));
  });
  await t.settled();
  expect(treesOf(t.emulator)[0]?.spans[0]?.children).toEqual([
    { name: 'child', status: 'complete', children: [{ name: 'forgotten', status: 'cancelled' }] },
    { name: 'not awaited', status: 'cancelled' },
  ]);
  expect(tracer.active()).toBeUndefined();
});

test.each([
  ['closed', { logger: false as const }],
  ['full', { logger: false as const, queue: { maxItems: 1 } }],
  ['disabled', { disabled: true }],
])('a client that is %s changes neither results nor errors', async (state, options) => {
  const t = await harness();
  const client = t.newClient(options);
  const tracer = traced(client, { logger: false });
  if (state === 'closed') void client.close();
  const error = new Error('its own');
  const value = { a: 1 };
  expect(tracer.run({}, () => tracer.span('a', () => value))).toBe(value);
  expect(await tracer.run({}, async () => tracer.span('a', async () => value))).toBe(value);
  await expect(tracer.run({}, () => tracer.span('a', () => Promise.reject(error)))).rejects.toBe(
    error,
  );
  await t.settled();
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0 });
});

test('what was read of a hostile input or output is what could be read', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const hostile = {
    good: 1,
    get bad() {
      throw new Error('no');
    },
    wrong: {
      toJSON() {
        throw new Error('no');
      },
    },
  };
  expect(tracer.run({ name: 'a', input: hostile }, () => hostile)).toBe(hostile);
  await t.settled();
  const read = { good: 1, bad: '[unreadable]', wrong: { toJSON: '[function toJSON]' } };
  expect(spansOf(t.emulator)[0]).toMatchObject({
    payload: { inputs: read },
    result_payload: read,
  });
});

test.each([
  [{ maxOpenRuns: 0 }, 'options.maxOpenRuns must be an integer from 1 to 1000000, but it is 0.'],
  [{ redacted: [] }, 'options.redacted is not known here; the nearest is redact.'],
  [{ redact: 'a' }, 'options.redact must be an array of paths, but it is "a".'],
  [{ redact: ['a..b'] }, /options.redact has the path "a..b", which has an empty name/],
  [{ redact: ['a[0].b'] }, /which has the name 'a\[0\]'.*'messages.0.content'/],
  [{ redact: ['*word'] }, /which has the name '\*word'/],
  [{ redact: ['a.**'] }, /which ends with '\*\*'/],
  [{ redact: [7] }, /which must be a text such as 'headers.cookie'/],
  [{ logger: {} }, /options.logger must be false, or an object with the methods/],
  [7, 'options must be an object, but it is 7.'],
])(
  'options that are wrong are refused, and the error says how they should be: %j',
  (options, message) => {
    const client = { agentSpans: {} } as never;
    expect(() => traced(client, options as never)).toThrow(TypeError);
    expect(() => traced(client, options as never)).toThrow(message);
  },
);

test('without a client there is no tracer', () => {
  expect(() => traced(undefined as never)).toThrow('client must be an AutobatchClient');
});

test('a run that was started by hand has spans around functions as well', async () => {
  const t = await harness();
  const tracer = traced(t.client, { logger: false });
  const run = tracer.startRun({});
  const found = await run.span('a', async () => tracer.span('below', () => 'it'));
  expect(found).toBe('it');
  run.end();
  expect(run.span('late', () => 'unrecorded')).toBe('unrecorded');
  await t.settled();
  expect(treesOf(t.emulator)[0]?.spans).toEqual([
    { name: 'a', status: 'complete', children: [{ name: 'below', status: 'complete' }] },
  ]);
});
