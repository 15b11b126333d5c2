// The trace files of `import otlp`, one for each stated answer, played to a processor: both ways in end in the same state
// at the server, but for what the guide says of a program that still runs.
import { expect, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { imported, serverRuns, traceFile } from '../cli/import/imported.ts';
import { replay } from './replay.ts';

type Runs = ReturnType<typeof serverRuns>;

/** What a program leaves at the server that has made the spans of a file. */
async function replayed(name: string): Promise<Runs> {
  const emulator = new Emulator({ strict: true });
  const { fetch } = emulator;
  const client = new AutobatchClient({ apiUrl: 'https://api.test', apiToken: 'test-token', fetch });
  const processor = new PrefactorSpanProcessor(client);
  await replay(traceFile(`${name}.json`), processor, () => processor.forceFlush());
  expect(client.stats().ledger.refused).toBe(0);
  await client.close();
  return serverRuns(emulator.snapshot());
}

/** The same of both ways: milliseconds; what stays below `otel` but for the resource, which the live run is registered with. */
function comparable(runs: Runs): object[] {
  return runs.map(({ status, times, spans }) => ({
    status,
    times: times.map(toMilliseconds),
    spans: Object.fromEntries(
      Object.entries(spans).map(([name, { payload, result, ...span }]) => {
        const { otel, note: _, result: __, ...metadata } = Object(payload['metadata']);
        const { resource: ___, ...context } = Object(otel);
        const told = { ...payload, metadata: { ...metadata, otel: context } };
        return [name, { ...span, times: span.times.map(toMilliseconds), payload: told, result }];
      }),
    ),
  }));
}

function toMilliseconds(time: unknown): unknown {
  return typeof time === 'string' ? new Date(time).toISOString() : time;
}

test.each([
  'trace',
  'remote-parent',
  'missing-parent',
  'several-roots',
  'never-ends',
  'links-events',
  'exceptions',
  'nanoseconds',
  'http-spans',
  'duplicates',
  'no-spans',
])('%s', async (name) => {
  const { runs: expected } = await imported('otlp', traceFile(`${name}.json`));
  const runs = await replayed(name);
  expect(comparable(runs)).toEqual(comparable(expected));
});

test('integers: JavaScript has neither those beyond what a number can say, nor maps', async () => {
  const runs = await replayed('integers');
  expect(runs[0]?.spans['root']?.payload).toHaveProperty('metadata.attributes', {
    big: '9223372036854775807',
    odd: '9007199254740993',
    small: 42,
    'in.json': { id: '9007199254740993' },
    share: 0.5,
    on: true,
    list: ['-9223372036854775808', 'x'],
  });
});

test('late-parent: a program does not know of a parent that starts later; a file does', async () => {
  const { runs: expected } = await imported('otlp', traceFile('late-parent.json'));
  expect(expected[0]?.spans).toMatchObject({ early: { parent: 'late' } });
  const runs = await replayed('late-parent');
  expect(runs).toMatchObject([
    {
      status: 'complete',
      spans: {
        early: {
          parent: undefined,
          payload: { metadata: { otel: { parent_span_id: '00f067aa0ba90202' } } },
        },
        late: { parent: 'root' },
      },
    },
  ]);
});

test('span-after-root: the run waits for all of its spans', async () => {
  const { runs: expected } = await imported('otlp', traceFile('span-after-root.json'));
  const runs = await replayed('span-after-root');
  const [run, ofFile] = [runs, expected].map((one) => comparable(one)[0]);
  expect(run).toEqual({
    ...ofFile,
    // Its parent is a late one, too.
    spans: {
      ...Object(ofFile).spans,
      'outlives all': expect.objectContaining({ parent: undefined }),
    },
  });
});

test('circle: a parent is one that has started before', async () => {
  const runs = await replayed('circle');
  const parents = Object.entries(runs[0]?.spans ?? {}).map(([name, { parent }]) => [name, parent]);
  expect(Object.fromEntries(parents)).toEqual({
    beside: undefined,
    two: undefined,
    one: 'two',
    three: 'one',
    'its own parent': undefined,
  });
});
