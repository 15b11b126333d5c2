// The command `inspect`: the emulator, with a page of what it sees.
import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../../src/index.ts';
import type { SnapshotData } from '../../../src/inspector/page-data.ts';
import type { CliResult } from '../run-cli.ts';
import { runCli } from '../run-cli.ts';

interface Inspecting {
  readonly text: string;
  readonly pages: readonly string[];
  readonly apiUrl: string;
  interrupt(): Promise<CliResult>;
}

async function inspecting(...options: readonly string[]): Promise<Inspecting> {
  const controller = new AbortController();
  let heard = (_text: string): void => {};
  const first = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const ended = runCli(['inspect', ...options], { interrupted: controller.signal, onText: heard });
  const interrupt = (): Promise<CliResult> => {
    controller.abort('SIGINT');
    return ended;
  };
  onTestFinished(async () => void (await interrupt()));
  const text = await first;
  const [, apiUrl = ''] = /export PREFACTOR_API_URL=(\S+)/.exec(text) ?? [];
  const pages = [...text.matchAll(/^ {2}(http\S+)$/gm)].map(([, url = '']) => url);
  return { text, pages, apiUrl, interrupt };
}

/** What a page gets when it is opened. */
async function snapshotOf(page: string | undefined): Promise<SnapshotData> {
  const { body } = await fetch(`${page}/events`);
  let text = '';
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk);
    const [, data] = /^event: snapshot\ndata: (.*)\n\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data) as SnapshotData;
  }
  throw new Error(`There was no snapshot in ${text}`);
}

test('its page shows the requests of a program that is pointed at its emulator', async () => {
  const { apiUrl, pages, interrupt } = await inspecting('--faults', 'itemPermanent=1');
  const client = new AutobatchClient({ apiUrl, apiToken: 'test-token', logger: false });
  const spans = [1, 2, 3].map(() => client.agentInstances.register({}));
  await Promise.allSettled(spans);
  await client.close();
  const { view, lanes, failures, figures } = await snapshotOf(pages[0]);
  expect(view).toBe('server');
  expect(lanes.map(({ reason, runs, from }) => [reason, runs, from])).toEqual([
    ['bulk', '1f2k', []],
    ['bulk', '1f1k', [[1, 2]]],
    ['bulk', '1f', [[2, 1]]],
  ]);
  expect(failures.map(({ lane, type, error }) => [lane, type, error.name])).toEqual(
    [1, 2, 3].map((lane) => [lane, 'agent_instances/register', 'validation_errors']),
  );
  const [total, ...parts] = [figures.books.total, ...figures.books.parts].map(([, count]) => count);
  expect([total, parts.reduce((sum, count) => sum + count, 0)]).toEqual([6, 6]);
  const { code, stderr } = await interrupt();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('single endpoints are requests with one item, and what a fault kept from running goes again', async () => {
  const { apiUrl, pages } = await inspecting('--faults', 'status=1');
  const client = new AutobatchClient({ apiUrl, apiToken: 'test-token', logger: false });
  const call = client.agentInstances.register({}).catch(() => {});
  await new Promise<void>((resolve) => client.on('response', () => resolve()));
  await client.close({ timeoutMs: 0 });
  await call;
  await fetch(`${apiUrl}/api/v1/agent_instance/register`, {
    method: 'POST',
    body: '{"idempotency_key":"key-of-a-single-one"}',
    headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
  });
  const { lanes } = await snapshotOf(pages[0]);
  expect(lanes[0]).toMatchObject({ runs: '1a', cause: 'fault: status' });
  expect(lanes.at(-1)).toMatchObject({
    reason: 'agent_instance/register',
    runs: '1s',
    status: 200,
  });
});

test('with --demo a client sends runs, and has a page of its own', async () => {
  const { pages, interrupt } = await inspecting('--demo', '--seed', '3');
  expect(pages).toHaveLength(2);
  const views = await Promise.all(pages.map(async (page) => (await snapshotOf(page)).view));
  expect(views).toEqual(['client', 'server']);
  expect((await interrupt()).code).toBe(0);
});

test('a port that is taken is told in a sentence', async () => {
  const { pages } = await inspecting();
  const { port } = new URL(pages[0] ?? '');
  const { code, stderr } = await runCli(['inspect', '--port', port]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `prefactor-autobatch: The inspector cannot listen. Port ${port} of 127.0.0.1 is taken. Name another one, or 0 for a free one.\n`,
  });
});
