// What lines name: runs, spans and parents, in the file and out of it.
import { describe, expect, test } from 'vitest';
import { create, finish, ndjson, run } from '../../recordings/actions/lines.ts';
import { fileWith, runCli, serveApi } from '../run-cli.ts';

const [register = {}, start = {}, end = {}] = run('r', []);

async function sendLines(lines: readonly object[], args: readonly string[] = []) {
  const { emulator, env } = await serveApi();
  const { code, stdout } = await runCli(['send', fileWith(ndjson(...lines)), '--json', ...args], {
    env,
  });
  const spans = Object.values(emulator.snapshot().instances).flatMap((run) =>
    Object.values(run.spans),
  );
  return { code, summary: JSON.parse(stdout), spans, emulator };
}

describe('a parent that is not in the file', () => {
  const lines = [
    register,
    { ...create('r', 'a'), parent: 'elsewhere' },
    { ...create('r', 'b'), parent: 'a' },
    { ...create('r', 'c'), parent: 'elsewhere' },
    finish('r', 'b'),
    finish('r', 'a'),
    finish('r', 'c'),
    end,
  ];

  test('is told of at its line; what needs that line is counted apart', async () => {
    const { code, summary } = await sendLines(lines);
    expect(code).toBe(1);
    expect(summary).toMatchObject({ succeeded: 2, badLines: 2, needBadLines: 4 });
    expect(summary.failures).toMatchObject([
      {
        kind: 'bad line',
        examples: [{ line: 2, message: expect.stringContaining('"elsewhere"') }, { line: 4 }],
      },
      { kind: 'needs a bad line', isConsequence: true, count: 4 },
    ]);
  });

  test('root: the span is one', async () => {
    const { code, spans, summary } = await sendLines(lines, ['--missing-parents', 'root']);
    expect(code).toBe(0);
    expect(spans).toHaveLength(3);
    expect(spans.filter((span) => span['parent_span_id'] == null)).toHaveLength(2);
    expect(summary).toMatchObject({ succeeded: 8 });
  });

  test('skip: it is left out with all within it', async () => {
    const { code, spans, summary } = await sendLines(lines, ['--missing-parents', 'skip']);
    expect(code).toBe(0);
    expect(spans).toHaveLength(0);
    expect(summary).toMatchObject({ succeeded: 2, skipped: 6 });
  });

  test('its id will do', async () => {
    const first = await sendLines([register, create('r', 'p')]);
    const [parent] = first.spans;
    const { emulator } = first;
    expect(parent?.['id']).toEqual(expect.any(String));
    const server = await emulator.listen();
    const line = {
      ...create('r', 'a'),
      agent_instance_id: parent?.['agent_instance_id'],
      parent_span_id: parent?.['id'],
    };
    const path = fileWith(ndjson(line, finish('r', 'a')));
    const env = { PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: 'token-of-the-test' };
    const { code, stdout } = await runCli(['send', path], { env });
    await server.close();
    expect({ code, stdout }).toMatchObject({ code: 0 });
  });
});

describe('a name that is taken', () => {
  test('a run is registered once, until it has ended', async () => {
    const { summary } = await sendLines([register, register, end, register, end]);
    expect(summary).toMatchObject({ succeeded: 4, badLines: 1 });
    expect(summary.failures[0].examples).toEqual([
      { line: 2, message: 'The run "r" is registered by an earlier line, and has not ended.' },
    ]);
  });

  test('a span is created once, until it has ended', async () => {
    const a = create('r', 'a');
    const { summary } = await sendLines([
      register,
      a,
      a,
      finish('r', 'a'),
      a,
      finish('r', 'a'),
      end,
    ]);
    expect(summary).toMatchObject({ succeeded: 6, badLines: 1 });
  });
});

test('a span may end after its run', async () => {
  const { code, spans } = await sendLines([register, create('r', 'a'), end, finish('r', 'a')]);
  expect(code).toBe(0);
  expect(spans).toMatchObject([{ status: 'complete' }]);
});

test('what a bad line would have made is missing for a reason: no other line is bad', async () => {
  const { summary } = await sendLines([
    { ...register, colour: 'red' },
    start,
    create('r', 'a'),
    end,
  ]);
  expect(summary).toMatchObject({ actions: 0, badLines: 1, needBadLines: 3 });
});

test('what was made and not ended is counted', async () => {
  const { summary } = await sendLines([
    register,
    create('r', 'a'),
    create('r', 'b'),
    finish('r', 'a'),
  ]);
  expect(summary.leftOpen).toEqual({ runs: 1, spans: 1 });
});

test('a deep chain of spans costs as many requests as a wide one', async () => {
  const deep = Array.from({ length: 300 }, (_, level) => ({
    ...create('r', `${level}`),
    ...(level > 0 && { parent: `${level - 1}` }),
  }));
  const { summary } = await sendLines([register, ...deep, end]);
  expect(summary).toMatchObject({ succeeded: 302 });
  expect(summary.requests).toBeLessThan(10);
});
