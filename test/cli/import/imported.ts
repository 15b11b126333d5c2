import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { EmulatorOptions } from '../../../src/testing/index.ts';
import { runCli, serveApi } from '../run-cli.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A span as the server has it, with names in the place of ids. */
interface ServerSpan {
  readonly parent: string | undefined;
  readonly schema: unknown;
  readonly status: unknown;
  readonly times: readonly [unknown, unknown];
  readonly payload: Fields;
  readonly result: Fields | null;
}

interface ServerRun {
  readonly run: unknown;
  readonly status: unknown;
  readonly times: readonly [unknown, unknown];
  readonly spans: Readonly<Record<string, ServerSpan>>;
}

export function traceFile(name: string): string {
  return fileURLToPath(new URL(`traces/${name}`, import.meta.url));
}

/** Imports a file into an emulator: what the server has then, and what the command says. */
export async function imported(kind: string, path: string, options: EmulatorOptions = {}) {
  const { emulator, env } = await serveApi(options);
  const { code, stdout } = await runCli(['import', kind, path, '--json'], { env });
  expect(emulator.report().breaches).toEqual([]);
  return { code, summary: JSON.parse(stdout), runs: serverRuns(emulator.snapshot()) };
}

/** In the order in which they began. */
export function serverRuns({
  instances,
}: {
  readonly instances: Readonly<Record<string, Fields>>;
}) {
  return Object.values(instances)
    .map(serverRun)
    .toSorted((a, b) => String(a.times[0]).localeCompare(String(b.times[0])));
}

function serverRun(run: Fields): ServerRun {
  const spans = Object.values(run['spans'] ?? {}) as Fields[];
  const names = new Map(spans.map((span) => [span['id'], nameOf(span)]));
  const bySpan = spans.map((span): [string, ServerSpan] => [
    nameOf(span),
    {
      parent: names.get(span['parent_span_id']),
      schema: span['schema_name'],
      status: span['status'],
      times: timesOf(span),
      payload: span['payload'] as Fields,
      result: span['result_payload'] as Fields | null,
    },
  ]);
  expect(names.size).toBe(bySpan.length);
  return {
    run: run['external_identifier'],
    status: run['status'],
    times: timesOf(run),
    spans: Object.fromEntries(bySpan),
  };
}

function nameOf(span: Fields): string {
  return String((span['payload'] as Fields)['name']);
}

function timesOf(record: Fields): readonly [unknown, unknown] {
  return [record['started_at'], record['finished_at']];
}

/** A time of the recorded day, by what follows `08:00:00.`. */
export function at(fraction: string): string {
  return `2026-09-01T08:00:00.${fraction}Z`;
}
