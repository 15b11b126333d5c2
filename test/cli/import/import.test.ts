import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../../src/testing/index.ts';
import { fileWith, openInput, runCli, serveApi } from '../run-cli.ts';
import { imported, serverRuns, traceFile } from './imported.ts';

const bin = fileURLToPath(new URL('../../../src/cli/bin.ts', import.meta.url));
const trace = readFileSync(traceFile('trace.json'));
const START = 1_788_249_600_000_000_000n;

/** A line for each trace: a root with children, which come first and in the wrong order. */
function traceLines(traces: number, children: number): string {
  return Array.from({ length: traces }, (_, number) => {
    const traceId = (number + 1).toString(16).padStart(32, '0');
    const span = (id: number, parentSpanId?: string) => ({
      traceId,
      spanId: id.toString(16).padStart(16, '0'),
      parentSpanId,
      name: `span ${id}`,
      startTimeUnixNano: String(START + BigInt(number * 1_000_000 + id)),
      endTimeUnixNano: String(START + BigInt(number * 1_000_000 + 10_000_000)),
    });
    const spans = Array.from({ length: children }, (_, id) => span(id + 2, '1'.padStart(16, '0')));
    return JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [...spans.reverse(), span(1)] }] }],
    });
  }).join('\n');
}

describe('the command line', () => {
  test.each([
    [['import'], 'Say which kind of file it is: otlp, langfuse or langsmith.'],
    [
      ['import', 'otpl', 'x'],
      'The kind of file is otlp, langfuse or langsmith, not "otpl". Did you mean "otlp"?',
    ],
    [['import', 'otlp'], 'Name a file, or - for the standard input.'],
    [['import', 'otlp', 'a', 'b'], 'One file at a time.'],
    [
      ['import', 'otlp', 'a', '--rtt', '5'],
      '--rtt is the round trip of the emulator, and needs --emulate.',
    ],
  ])('%j is wrong', async (args, says) => {
    const { code, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `prefactor-autobatch: ${says} See: prefactor-autobatch import --help\n`,
    });
  });

  test('--emulate needs no account, and the summary says what was found', async () => {
    const { code, stdout } = await runCli([
      'import',
      'otlp',
      traceFile('never-ends.json'),
      '--emulate',
      '--rtt',
      '0',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^actions +5, 5 succeeded$/m);
    expect(stdout).toMatch(/^left open +1 run, 2 spans$/m);
    expect(stdout).toMatch(/^in the file +1 trace, 3 spans$/m);
    expect(stdout).toMatch(/^never ended +2 spans, 1 trace$/m);
  });

  test('what was made a root and what was there twice is counted', async () => {
    const path = fileWith(
      ['missing-parent.json', 'circle.json', 'duplicates.json']
        .map((name, at) => readFileSync(traceFile(name), 'utf8').replaceAll('5b8e', `000${at}`))
        .join('{"resourceLogs":[]}\n'),
    );
    const { stdout } = await runCli(['import', 'otlp', path, '--emulate', '--rtt', '0']);
    expect(stdout).toMatch(/^in the file 3 traces, 10 spans, 2 duplicates, 2 other records$/m);
    expect(stdout).toMatch(/^as roots +1 span without its parent, 2 circles of parents$/m);
  });
});

describe('a file comes', () => {
  const spans = 3;

  test('packed by gzip', async () => {
    const { code, summary } = await imported('otlp', fileWith(gzipSync(trace), 'traces.json.gz'));
    expect({ code, found: summary.found.spans }).toEqual({ code: 0, found: spans });
  });

  test('by the standard input, in pieces', async () => {
    const { emulator, env } = await serveApi();
    const stdin = [...gzipSync(trace)].map((byte) => Uint8Array.of(byte));
    const { code } = await runCli(['import', 'otlp', '-'], { env, stdin });
    expect(code).toBe(0);
    expect(Object.keys(serverRuns(emulator.snapshot())[0]?.spans ?? {})).toHaveLength(spans);
  });

  test('as lines and lists', async () => {
    const text = JSON.stringify(JSON.parse(trace.toString()));
    const lines = `${text.replaceAll('5b8e', '0001')}\n[${text.replaceAll('5b8e', '0002')},${text}]\n`;
    const { code, summary } = await imported('otlp', fileWith(lines));
    expect(code).toBe(0);
    expect(summary.found).toMatchObject({ traces: 3, spans: 9 });
  });

  test('with what is around the spans after them', async () => {
    const { resourceSpans } = JSON.parse(trace.toString());
    const [{ resource, scopeSpans }] = resourceSpans;
    const path = fileWith(JSON.stringify({ resourceSpans: [{ scopeSpans, resource }] }));
    const { runs } = await imported('otlp', path);
    expect(runs[0]?.spans['invoke_agent shop']?.payload).toHaveProperty(
      ['metadata', 'otel', 'resource', 'service.name'],
      'shop',
    );
  });
});

describe('a bad file', () => {
  test('bad lines and bad spans are counted, the rest is imported', async () => {
    const nameless =
      '{"traceId":"00000000000000000000000000000009","spanId":"0000000000000001","name":"no time"}';
    const path = fileWith(
      `${traceLines(1, 1)}\nnonsense\n${nameless}\n${traceLines(2, 0).split('\n')[1]}\n`,
    );
    const { code, summary } = await imported('otlp', path);
    expect(code).toBe(1);
    expect(summary).toMatchObject({
      badLines: 2,
      found: { traces: 2, spans: 3 },
      failed: 0,
      failures: [
        {
          kind: 'bad line',
          examples: [
            { line: 2, message: 'This is no line of JSON.' },
            { line: 3, message: 'The span "0000000000000001" has no time at which it started.' },
          ],
        },
      ],
    });
  });

  test('with a span whose fields have no text loses that one', async () => {
    const times = { start_time: '2026-09-01T08:00:00Z', end_time: '2026-09-01T08:00:01Z' };
    const odd = { id: '1', dotted_order: { toString: 1 }, ...times };
    const lines = [odd, { id: '2', ...times }].map((one) => JSON.stringify(one));
    const { code, summary } = await imported('langsmith', fileWith(lines.join('\n')));
    expect({ code, spans: summary.found.spans }).toEqual({ code: 1, spans: 1 });
    expect(summary.failures).toMatchObject([
      { examples: [{ line: 1, message: expect.stringMatching(/^It cannot be read: .+\.$/) }] },
    ]);
  });

  test('whose first line is cut says so, with the line, and sends what is whole', async () => {
    const [first = '', ...others] = traceLines(3, 2).split('\n');
    const cut = first.slice(0, first.lastIndexOf(',"name"'));
    const { code, summary } = await imported('otlp', fileWith([cut, ...others].join('\n')));
    expect(code).toBe(1);
    expect(summary.found.spans).toBe(2);
    expect(summary.failures[0].examples).toMatchObject([
      {
        line: 2,
        message:
          'From here on it is no JSON; if each line is a text of its own, line 1 is cut: take it out.',
      },
    ]);
  });

  test('whose first line swallows all others says which line that is', async () => {
    const cut = `${traceLines(1, 0).slice(0, -7)},"attributes":[`;
    const { code, summary } = await imported('otlp', fileWith(`${cut}\n${traceLines(3, 2)}`));
    expect({ code, spans: summary.found.spans }).toEqual({ code: 1, spans: 0 });
    expect(summary.failures[0].examples).toMatchObject([
      {
        line: 4,
        message:
          'The file ends in the middle of what begins in line 1; if each line is a text of its own, line 1 is cut: take it out.',
      },
    ]);
  });

  test('whose last line is cut says so, with the line, and sends what is whole', async () => {
    const { code, summary, runs } = await imported(
      'otlp',
      fileWith(traceLines(3, 2).slice(0, -150)),
    );
    expect(code).toBe(1);
    expect(summary).toMatchObject({ found: { traces: 3, spans: 8 }, badLines: 1 });
    expect(summary.failures[0].examples).toMatchObject([
      { line: 3, message: 'The file ends in the middle of what begins in line 3.' },
    ]);
    expect(runs.map(({ spans }) => Object.keys(spans).length)).toEqual([3, 3, 2]);
  });

  test('that breaks off is imported as far as it goes', async () => {
    const text = traceLines(1, 5);
    const { code, summary } = await imported('otlp', fileWith(text.slice(0, -100)));
    expect(code).toBe(1);
    expect(summary).toMatchObject({
      succeeded: 8,
      badLines: 1,
      found: { spans: 5, withoutParent: 5 },
    });
  });

  test('that is no text in UTF-8 loses the spans that are none', async () => {
    const bytes = Buffer.from(traceLines(1, 2));
    bytes[bytes.indexOf('span 3')] = 0xff;
    const { code, summary } = await imported('otlp', fileWith(bytes));
    expect(code).toBe(1);
    expect(summary).toMatchObject({
      found: { spans: 2 },
      failures: [{ examples: [{ message: 'This is no text in UTF-8.' }] }],
    });
  });

  test.each([
    ['is empty', ''],
    ['has blank lines', '\n \n'],
    ['has no JSON', 'hello\nworld\n'],
  ])('that %s says that it has no span', async (_what, content) => {
    const { code, summary, runs } = await imported('otlp', fileWith(content, 'a.json'));
    expect({ code, runs, badLines: summary.badLines }).toEqual({
      code: 1,
      runs: [],
      badLines: content.split(/\w+/).length - 1,
    });
    expect(summary.problems).toEqual([expect.stringMatching(/a\.json has no span of otlp\.$/)]);
  });

  test('whose packing breaks off is not imported, and says so', async () => {
    const packed = gzipSync(traceLines(2, 100)).subarray(0, -20);
    const { code, summary, runs } = await imported('otlp', fileWith(packed, 'a.json.gz'));
    expect({ code, runs, found: summary.found.traces }).toEqual({ code: 1, runs: [], found: 2 });
    expect(summary.problems).toEqual([
      expect.stringMatching(/a\.json\.gz cannot be read to its end: .+; nothing of it was sent\.$/),
    ]);
  });

  test.each([
    ['langfuse', 'trace.json', 'has no span of langfuse. It looks like one for "import otlp".'],
    [
      'otlp',
      'langfuse-trace.json',
      'has no span of otlp. It looks like one for "import langfuse".',
    ],
    ['otlp', 'langsmith.jsonl', 'has no span of otlp. It looks like one for "import langsmith".'],
  ])('for another kind: import %s %s says which', async (kind, name, says) => {
    const { code, summary, runs } = await imported(kind, traceFile(name));
    expect({ code, runs }).toEqual({ code: 1, runs: [] });
    expect(summary.problems).toEqual([expect.stringContaining(says)]);
  });

  test('that is no JSON is refused in a sentence', async () => {
    const { summary } = await imported(
      'otlp',
      fileWith(Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), 'a.zip'),
    );
    expect(summary.problems[0]).toMatch(/a\.zip cannot be read: it is packed by zip/);
  });
});

/** An import of 40 traces that is killed during the request that has the item of that number. */
async function killedImport(atItem: number, options: EmulatorOptions = {}) {
  const path = fileWith(traceLines(40, 9));
  const { emulator, env } = await serveApi(options);
  const args = [bin, 'import', 'otlp', path, '--max-items', '20', '--concurrency', '1'];
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  let items = 0;
  emulator.faults.refuse(() => {
    if (++items === atItem) child.kill('SIGKILL');
    return false;
  });
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  emulator.faults.clear();
  return { path, emulator, env };
}

function byName(state: Parameters<typeof serverRuns>[0]) {
  return new Map(serverRuns(state).map((one) => [one.run, one]));
}

describe('a second time', () => {
  test('doubles nothing, whatever the file is called: the ids count', async () => {
    const { emulator, env } = await serveApi();
    const first = await runCli(['import', 'otlp', fileWith(traceLines(3, 4))], { env });
    const before = emulator.snapshot();
    const again = await runCli(['import', 'otlp', fileWith(`\n${traceLines(3, 4)}\n`, 'b.jsonl')], {
      env,
    });
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(emulator.snapshot()).toEqual(before);
    expect(Math.max(...emulator.report().effects.values())).toBe(1);
  });

  test('where the API refuses used keys, only what it refuses was sent before; what needs an id from then has failed', async () => {
    const { emulator, env } = await serveApi({ repeats: 'refuse' });
    const args = ['import', 'otlp', fileWith(traceLines(3, 4))];
    await runCli(args, { env });
    const before = emulator.snapshot();
    const { code, stdout } = await runCli([...args, '--json'], { env });
    const summary = JSON.parse(stdout);
    expect({ code, ...summary }).toMatchObject({
      code: 1,
      actions: 24,
      succeeded: 0,
      sentBefore: 3,
      failed: 21,
      failures: [
        {
          kind: 'PrefactorDependencyError',
          apiCode: 'idempotency_key_already_used',
          isConsequence: false,
          count: 21,
        },
      ],
    });
    expect(summary.failures[0].examples[0].message).toBe(
      'It was not sent now: the id of what it needs is unknown, since the API refuses the key of that as used.',
    );
    expect(summary.problems).toEqual([
      expect.stringMatching(
        /^21 actions need ids .* --again WORD sends everything once more, as new runs\.$/,
      ),
    ]);
    expect(emulator.snapshot()).toEqual(before);
  });

  test('doubles nothing where the API has forgotten the keys: the name of a run is taken, and it says so', async () => {
    const { emulator, env } = await serveApi();
    await runCli(['import', 'otlp', traceFile('trace.json')], { env });
    const before = emulator.snapshot();
    // Named in the environment, it makes other keys, as if the old ones were unknown.
    const [run] = Object.values(before.instances);
    const named = { ...env, PREFACTOR_ENVIRONMENT_ID: String(run?.['environment_id']) };
    const { code, stdout } = await runCli(['import', 'otlp', traceFile('trace.json')], {
      env: named,
    });
    expect(code).toBe(1);
    expect(stdout).toContain('{"external_identifier":["has already been taken"]}');
    expect(emulator.snapshot()).toEqual(before);
  });

  test('--again imports it once more', async () => {
    const { emulator, env } = await serveApi();
    await runCli(['import', 'otlp', traceFile('trace.json')], { env });
    const { code } = await runCli(['import', 'otlp', traceFile('trace.json'), '--again', 'b'], {
      env,
    });
    expect(code).toBe(0);
    const [one, other] = serverRuns(emulator.snapshot());
    expect([one?.run, other?.run].toSorted()).toEqual([
      '5b8efff798038103d269b633813fc60c',
      '5b8efff798038103d269b633813fc60c-b',
    ]);
    expect(one?.spans).toEqual(other?.spans);
  });

  test('an import that was killed goes on where it stopped', async () => {
    const whole = await serveApi();
    const { path, emulator, env } = await killedImport(200);
    await runCli(['import', 'otlp', path], { env: whole.env });
    const before = emulator.report().effects.size;
    const { code } = await runCli(['import', 'otlp', path], { env });
    expect(code).toBe(0);
    expect(emulator.report().effects.size).toBeGreaterThan(before);
    expect(serverRuns(emulator.snapshot())).toEqual(serverRuns(whole.emulator.snapshot()));
    expect(Math.max(...emulator.report().effects.values())).toBe(1);
  });

  test('where the API refuses used keys, it goes on with the runs that it had not begun, and says so of the others', async () => {
    const whole = await serveApi();
    const { path, emulator, env } = await killedImport(10, { repeats: 'refuse' });
    await runCli(['import', 'otlp', path], { env: whole.env });
    const before = byName(emulator.snapshot());
    expect(before.size).toBe(20);
    const { code, stdout } = await runCli(['import', 'otlp', path, '--json'], { env });
    // Of each run a registration, a start, 10 spans and a finish.
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      succeeded: 20 * 13,
      sentBefore: 20,
      failed: 20 * 12,
    });
    expect(byName(emulator.snapshot())).toEqual(
      new Map([...byName(whole.emulator.snapshot()), ...before]),
    );
    expect(Math.max(...emulator.report().effects.values())).toBe(1);
  });
});

test('--failed gets the actions that failed, which send can send', async () => {
  const { emulator, env } = await serveApi();
  let isRefusing = true;
  emulator.faults.refuse(({ type }) => isRefusing && type === 'agent_instances/finish');
  const failed = `${fileWith('')}.failed`;
  const { code } = await runCli(['import', 'otlp', traceFile('trace.json'), '--failed', failed], {
    env,
  });
  expect(code).toBe(1);
  isRefusing = false;
  expect((await runCli(['send', failed], { env })).code).toBe(0);
  expect(serverRuns(emulator.snapshot())[0]).toMatchObject({
    status: 'complete',
    times: ['2026-09-01T08:00:00.000Z', '2026-09-01T08:00:00.500Z'],
  });
});

test('Ctrl-C ends the reading of an input that stays open; nothing of it is sent yet', async () => {
  const { emulator, env } = await serveApi();
  const stdin = openInput();
  const stop = new AbortController();
  const read = new Promise((resolve) => void stdin.once('drain', resolve));
  const run = runCli(['import', 'otlp', '-', '--json'], { env, stdin, interrupted: stop.signal });
  stdin.write(Buffer.concat([trace, Buffer.alloc(100_000, ' ')]));
  await read;
  stop.abort('SIGTERM');
  const { code, stdout } = await run;
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 143,
    complete: false,
    badLines: 0,
  });
  expect(emulator.snapshot().instances).toEqual({});
});

test('runs of an account are registered for the agent and environment that it names', async () => {
  const { emulator, env } = await serveApi({ tokenKind: 'account' });
  const named = {
    ...env,
    PREFACTOR_AGENT_ID: 'agent-1',
    PREFACTOR_ENVIRONMENT_ID: 'environment-1',
  };
  const { code } = await runCli(['import', 'otlp', traceFile('trace.json')], { env: named });
  expect(code).toBe(0);
  expect(Object.values(emulator.snapshot().instances)).toMatchObject([
    { agent_id: 'agent-1', environment_id: 'environment-1' },
  ]);
});

test('a whole tree leaves in few requests, parents first', async () => {
  const { emulator, env } = await serveApi();
  const { code } = await runCli(['import', 'otlp', fileWith(traceLines(1, 250))], { env });
  expect(code).toBe(0);
  expect(emulator.report().requests.bulk).toBeLessThanOrEqual(6);
});
