// Inputs that the first version got wrong, beside the repository: what each leaves at the API.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli, serveApi } from '../run-cli.ts';

const cases = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));

async function sendCase(name: string, args: readonly string[] = []) {
  const { emulator, env } = await serveApi();
  const isProgram = name.endsWith('.py');
  const stdin = isProgram ? [execFileSync('python3', [cases + name], { maxBuffer: 1e9 })] : [];
  const path = isProgram ? '-' : cases + name;
  const { code, stdout } = await runCli(['send', path, '--json', ...args], { env, stdin });
  const instances = Object.values(emulator.snapshot().instances);
  const spans = instances.flatMap((run) => Object.values(run.spans));
  const { breaches } = emulator.report();
  expect(breaches).toEqual([]);
  return { code, summary: JSON.parse(stdout), instances, spans };
}

describe.skipIf(!existsSync(cases))('as handed', () => {
  test('1: a parent that is elsewhere is told of once, and may be left out of the tree', async () => {
    const { code, summary } = await sendCase('1-parent-elsewhere.ndjson');
    expect(code).toBe(1);
    expect(summary).toMatchObject({ badLines: 1, needBadLines: 3 });
    const roots = await sendCase('1-parent-elsewhere.ndjson', ['--missing-parents', 'root']);
    expect(roots.code).toBe(0);
    expect(roots.spans).toMatchObject([{ status: 'complete' }, { status: 'complete' }]);
  });

  test('2: a span that is written once, at its end, has its result; its run, its purpose', async () => {
    const { code, spans, instances } = await sendCase('2-one-shot-result-lost.ndjson');
    expect(code).toBe(0);
    expect(spans).toMatchObject([{ status: 'complete', result_payload: { answer: 4 } }]);
    expect(instances).toMatchObject([{ purpose: 'eval' }]);
  });

  test('3: a span ends after its run', async () => {
    const { code, spans } = await sendCase('3-span-ends-after-run.ndjson');
    expect(code).toBe(0);
    expect(spans).toMatchObject([{ status: 'complete', result_payload: { bytes: 12 } }]);
  });

  test('4: a name that is taken is a bad line; what was under it stays as it is', async () => {
    const { code, summary, instances, spans } = await sendCase('4-same-name-twice.ndjson');
    expect(code).toBe(1);
    expect(summary).toMatchObject({ badLines: 2, needBadLines: 0 });
    expect(instances).toHaveLength(1);
    expect(spans).toMatchObject([{ payload: { of: 'A' }, result_payload: { of: 'A' } }]);
  });

  test('5: numbers and names travel as they are written', async () => {
    const lines: string[] = [];
    const { emulator, env } = await serveApi();
    const server = await emulator.listen();
    const sent = await runCli(['send', `${cases}5-numbers.ndjson`], {
      env: { ...env, PREFACTOR_API_URL: await recording(server.url, lines) },
    });
    await server.close();
    expect(sent.code).toBe(0);
    const text = lines.join('\n');
    for (const part of ['12345678901234567891', '1785000000000000001', '1e400']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('"__proto__":{"kept":false}');
  });

  test('6: null is as good as nothing, and what the API refuses is told with its reason', async () => {
    const { code, summary, spans } = await sendCase('6-nulls.ndjson');
    expect(code).toBe(1);
    expect(summary).toMatchObject({ badLines: 0, failed: 2 });
    expect(summary.failures[0].examples[0].errors).toHaveProperty('status');
    expect(spans).toMatchObject([{ payload: {}, result_payload: null }, { payload: {} }]);
  });

  test('7: a chain of 400 takes few requests', async () => {
    const { code, summary } = await sendCase('7-gen-chain.py');
    expect(code).toBe(0);
    expect(summary.requests).toBeLessThanOrEqual(12);
  });

  test('8: large results cost neither time-outs nor retries', async () => {
    const { code, summary } = await sendCase('8-gen-screenshots.py');
    expect(summary).toMatchObject({ failures: [], problems: [] });
    expect(code).toBe(0);
  });

  test('10: marked values travel marked, under their own keys, at their own times', async () => {
    const { code, spans } = await sendCase('10-sensitive-flag-dropped.ndjson');
    expect(code).toBe(0);
    expect(spans).toMatchObject([
      { sensitive_encoding: true, started_at: '2026-01-01T00:00:00Z', status: 'complete' },
    ]);
  });
});

/** A server in between that keeps what passes. Gives its address. */
async function recording(target: string, bodies: string[]): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    bodies.push(body.toString());
    const answer = await fetch(target + request.url, {
      method: request.method ?? 'GET',
      headers: {
        authorization: String(request.headers.authorization),
        'content-type': 'application/json',
      },
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
