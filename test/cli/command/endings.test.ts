// How commands end: signals to a process, to its group, and from the keys of a terminal.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { create, ndjson, run } from '../../recordings/actions/lines.ts';
import { listen } from '../../transport/servers.ts';
import { fileWith, serveApi } from '../run-cli.ts';

const bin = fileURLToPath(new URL('../../../src/cli/bin.ts', import.meta.url));
const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';

interface Started {
  /** Resolves once the output matches. */
  until(pattern: RegExp): Promise<void>;
  press(key: string): void;
  /** To the whole process group. */
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/** Runs a command on a pseudo terminal, or with its output in a pipe, in a process group of its own. */
function start(
  args: readonly string[],
  {
    onTerminal = true,
    env = {},
  }: { onTerminal?: boolean; env?: Readonly<Record<string, string>> } = {},
): Started {
  const command = commandOf(args);
  const child = onTerminal
    ? // Without exec a shell would stay in between, and end by the signal that is the command's.
      spawn('script', ['-qefc', `exec ${quoted(command)}`, '/dev/null'], {
        env: { ...process.env, ...env },
      })
    : spawn(command[0] ?? '', command.slice(1), {
        env: { ...process.env, ...env },
        detached: true,
      });
  return watch(child);
}

function watch(child: ChildProcessWithoutNullStreams): Started {
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const waiting: { pattern: RegExp; resolve(): void }[] = [];
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const { pattern, resolve } of waiting) if (pattern.test(output)) resolve();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code === null ? SIGNALS[signal as NodeJS.Signals] : code,
    output,
  }));
  return {
    until: (pattern) =>
      new Promise((resolve) => {
        if (pattern.test(output)) resolve();
        else waiting.push({ pattern, resolve });
      }),
    press: (key) => void child.stdin.write(key),
    signal: (name) => void process.kill(-Number(child.pid), name),
    ended,
  };
}

function commandOf(args: readonly string[]): string[] {
  return [process.execPath, '--no-warnings', bin, ...args];
}

/** For a shell. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}

/** As a shell tells of a process that a signal has ended. */
const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGKILL: 137,
};

const [register = {}, , end = {}] = run('r', []);
/** Nothing is due for an hour after its first lines. */
const slow = (): string => fileWith(ndjson(register, create('r', 'a'), { ...end, t: 3_600_000 }));

/** Takes requests, and never answers but to pings. */
async function hangingApi() {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/ping')) {
      response.setHeader('content-type', 'application/json');
      response.end('{"status":"success"}');
    }
  });
  const { port } = await listen(server);
  return {
    PREFACTOR_API_URL: `http://127.0.0.1:${port}`,
    PREFACTOR_API_TOKEN: 'token-of-the-test',
  };
}

/** The wrapping of lines (7) and the cursor (25) are on again, where they were turned off. */
function expectTerminalAsItWas(output: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal is told with.
  const modes = output.match(/\u001b\[\?(?:7|25)[hl]/g) ?? [];
  const isOn = new Map(modes.map((mode) => [mode.slice(0, -1), mode.endsWith('h')]));
  expect([...isOn.values()]).not.toContain(false);
}

describe('Ctrl-C on a terminal', () => {
  test('send: what was sent is in the summary', async () => {
    const sending = start(['send', slow(), '--emulate', '--speed', '1']);
    await sending.until(/2 actions, [1-9]\d* requests?, 0 pending/);
    sending.press(CTRL_C);
    const { code, output } = await sending.ended;
    expect(output).toMatch(/actions +2, 2 succeeded/);
    expect(output).toContain('Interrupted before it was through.');
    expect(code).toBe(130);
    expectTerminalAsItWas(output);
  });

  test('send, pressed twice: it ends at once', async () => {
    const sending = start(['send', slow()], { env: await hangingApi() });
    await sending.until(/3 actions/);
    sending.press(CTRL_C);
    // Once more, as an impatient person does: the first one may not have been read yet.
    const again = setInterval(() => sending.press(CTRL_C), 100);
    const { code, output } = await sending.ended.finally(() => clearInterval(again));
    expect(code).toBe(130);
    expectTerminalAsItWas(output);
  });

  test('send, while a pipe has no writer', async () => {
    const path = fileWith('').replace('runs.ndjson', 'pipe');
    execFileSync('mkfifo', [path]);
    const sending = start(['send', path, '--emulate']);
    await sending.until(/0 actions/);
    sending.press(CTRL_C);
    const { code, output } = await sending.ended;
    expect(output).toContain('Interrupted before it was through.');
    expect(code).toBe(130);
  });

  test('send, before the API has answered', async () => {
    const server = createServer(() => {});
    const { port } = await listen(server);
    const sending = start(['send', slow(), '--api-url', `http://127.0.0.1:${port}`], {
      env: { PREFACTOR_API_TOKEN: 'token-of-the-test' },
    });
    await once(server, 'request');
    sending.press(CTRL_C);
    const { code, output } = await sending.ended;
    expect(output).toContain('Interrupted before it was through.');
    expect(code).toBe(130);
  });

  test('demo', async () => {
    const demo = start(['demo']);
    await demo.until(/round trip/);
    demo.press(CTRL_C);
    const { code, output } = await demo.ended;
    expect(output).toContain('Interrupted before it was through.');
    expect(code).toBe(130);
  });

  test('doctor: the report, with what was asked by then', async () => {
    const { env } = await serveApi({ latencyMs: 150 });
    const doctor = start(['doctor', '--write'], { env });
    await doctor.until(/Can a run be registered/);
    doctor.press(CTRL_C);
    const { code, output } = await doctor.ended;
    expect(output).toContain('Is the run finished');
    expect(output).toContain('## prefactor-autobatch doctor');
    expect(code).toBe(130);
  });

  test('doctor, while nothing answers', async () => {
    const server = createServer(() => {});
    const { port } = await listen(server);
    const doctor = start(['doctor', '--api-url', `http://127.0.0.1:${port}`], {
      env: { PREFACTOR_API_TOKEN: 'token-of-the-test' },
    });
    await once(server, 'request');
    doctor.press(CTRL_C);
    doctor.press(CTRL_C);
    expect((await doctor.ended).code).toBe(130);
  });

  test('emulator: a summary', async () => {
    const emulator = start(['emulator']);
    await emulator.until(/Ctrl-C ends it/);
    emulator.press(CTRL_C);
    const { code, output } = await emulator.ended;
    expect(output).toMatch(/requests +0, 0 bulk/);
    expect(code).toBe(0);
  });
});

describe('SIGTERM to the process group, as timeout(1) sends it', () => {
  test('send: the summary, and no trace of a broken pipe', async () => {
    const sending = start(['send', slow(), '--emulate', '--speed', '1', '--json'], {
      onTerminal: false,
    });
    // A line every five seconds where no person looks.
    await sending.until(/2 actions/);
    sending.signal('SIGTERM');
    const { code, output } = await sending.ended;
    expect(output).toContain('"succeeded": 2');
    expect(output).not.toContain('EPIPE');
    expect(code).toBe(143);
  });

  test('emulator', async () => {
    const emulator = start(['emulator'], { onTerminal: false });
    await emulator.until(/Ctrl-C ends it/);
    emulator.signal('SIGTERM');
    const { code, output } = await emulator.ended;
    expect(output).toMatch(/requests +0, 0 bulk/);
    expect(code).toBe(0);
  });
});

test('Ctrl-Z in a shell, and on in the foreground: it ends as if nothing had been', async () => {
  const path = fileWith(ndjson(register, { ...create('r', 'a'), t: 800 }, { ...end, t: 800 }));
  const shell = spawn('script', ['-qefc', 'exec bash --norc --noprofile -i', '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  const { until, press, ended } = watch(shell);
  await until(/[$#] $/);
  press(`${quoted(commandOf(['send', path, '--emulate', '--speed', '1']))}\n`);
  await until(/1 actions, [1-9]\d* requests?, 0 pending/);
  press(CTRL_Z);
  await until(/Stopped/);
  press('fg\n');
  await until(/actions +3, 3 succeeded/);
  press('exit $?\n');
  const { code, output } = await ended;
  expect(code).toBe(0);
  expectTerminalAsItWas(output);
});

test('a process group that is stopped and goes on ends as if it had not been', async () => {
  const { emulator, env } = await serveApi();
  const path = fileWith(ndjson(register, { ...create('r', 'a'), t: 300 }, { ...end, t: 300 }));
  const sending = start(['send', path, '--speed', '1', '--json'], { onTerminal: false, env });
  while (emulator.report().requests.bulk === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  sending.signal('SIGSTOP');
  sending.signal('SIGCONT');
  const { code, output } = await sending.ended;
  expect(output).toContain('"succeeded": 3');
  expect(code).toBe(0);
});

describe('a file that is wrong ends the demo at once', () => {
  test.each([
    ['a bad line', `${ndjson(...run('r', ['a']))}nonsense\n`, /line 6: This is no line of JSON/],
    ['no action', '\n', /There was no action in it/],
  ])('%s', async (_what, content, says) => {
    const demo = start(['demo', fileWith(content)], { onTerminal: false });
    const { code, output } = await demo.ended;
    expect(output).toMatch(says);
    expect(output).not.toContain('NaN');
    expect(code).toBe(1);
  });
});
