import type { Meter } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, onTestFinished, test } from 'vitest';
import { instrumentMetrics } from '../../src/otel/index.ts';
import { observedMetrics, requestMetrics } from '../../src/otel/metrics.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';

interface Point {
  readonly attributes: object;
  readonly value: unknown;
}

/** Exports when it is asked to: the reader of the SDK has an interval, which never ends in virtual time. */
class AskedReader extends MetricReader {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);

  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  /** What is measured by now: points by the name of the metric and its unit. */
  async read(): Promise<Readonly<Record<string, readonly Point[]>>> {
    this.#exporter.reset();
    const { resourceMetrics, errors } = await this.collect();
    expect(errors).toEqual([]);
    this.#exporter.export(resourceMetrics, () => {});
    const scopes = this.#exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return Object.fromEntries(
      scopes
        .flatMap(({ metrics }) => metrics)
        .map(({ descriptor: { name, unit }, dataPoints }) => [`${name}, ${unit}`, dataPoints]),
    );
  }

  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

function metered(t: Harness): { readonly meter: Meter; readonly reader: AskedReader } {
  // Each collection leaves a timer behind.
  onTestFinished(() => t.settled());
  const reader = new AskedReader();
  return { meter: new MeterProvider({ readers: [reader] }).getMeter('test'), reader };
}

/** The values of a metric, by the last of its attributes. */
function valuesOf(points: readonly Point[] = []): object {
  return Object.fromEntries(
    points.map(({ attributes, value }) => [Object.values(attributes).at(-1), value]),
  );
}

test('what a client does is measured', async () => {
  const t = await harness();
  const { meter, reader } = metered(t);
  instrumentMetrics(t.client, meter);
  t.refuse('bad');
  t.spans('a', 'b', 'bad');
  await t.pass(5);
  const during = await reader.read();
  expect(valuesOf(during['prefactor.client.queue.size, {item}'])).toEqual({
    ready: 0,
    blocked: 0,
    in_flight: 3,
  });
  expect(during['prefactor.client.queue.age, s']).toMatchObject([{ value: 0.005 }]);
  expect(during['prefactor.client.request.duration, s']).toBeUndefined();
  await t.settled();

  const after = await reader.read();
  expect(valuesOf(after['prefactor.client.calls, {call}'])).toEqual({
    succeeded: 2,
    refused: 1,
    not_attempted: 0,
    in_doubt: 0,
    cancelled: 0,
    declined: 0,
  });
  expect(valuesOf(after['prefactor.client.queue.size, {item}'])).toMatchObject({ in_flight: 0 });
  expect(valuesOf(after['prefactor.client.server.status, 1'])).toEqual({
    unknown: 0,
    answering: 1,
    pausing: 0,
    failing: 0,
  });
  expect(after['prefactor.client.request.items, {item}']).toMatchObject([
    { attributes: { 'prefactor.dispatch.reason': 'idle' }, value: { count: 1, sum: 3 } },
  ]);
  expect(after['prefactor.client.request.duration, s']).toMatchObject([
    { attributes: { 'http.response.status_code': 200 }, value: { count: 1, sum: 0.02 } },
  ]);
});

test('requests without a good answer are errors', async () => {
  const t = await harness();
  const { meter, reader } = metered(t);
  instrumentMetrics(t.client, meter);
  t.emulator.faults.next({ kind: 'dropBefore' });
  t.emulator.faults.next({ kind: 'status', status: 502 });
  t.spans('a');
  await t.settled();
  const points = (await reader.read())['prefactor.client.request.duration, s'] ?? [];
  expect(points.map(({ attributes }) => attributes)).toEqual([
    { 'error.type': '_OTHER' },
    { 'http.response.status_code': 502, 'error.type': '502' },
    { 'http.response.status_code': 200 },
  ]);
});

test('attributes tell several clients apart', async () => {
  const t = await harness();
  const { meter, reader } = metered(t);
  for (const name of ['a', 'b']) {
    instrumentMetrics(t.newClient(), meter, { 'prefactor.client.name': name });
  }
  const points = (await reader.read())['prefactor.client.queue.body.size, By'] ?? [];
  expect(points.map(({ attributes }) => attributes)).toEqual([
    { 'prefactor.client.name': 'a' },
    { 'prefactor.client.name': 'b' },
  ]);
});

test('all of it can be taken back', async () => {
  const t = await harness();
  const { meter, reader } = metered(t);
  const takeBack = instrumentMetrics(t.client, meter);
  takeBack();
  takeBack();
  t.spans('a');
  await t.settled();
  expect(await reader.read()).toEqual({});
});

test('a meter without an SDK measures nothing, and does no harm', async () => {
  const t = await harness();
  const takeBack = instrumentMetrics(t.client, createNoopMeter());
  t.spans('a');
  await t.settled();
  takeBack();
  expect(t.client.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1 });
});

test('a meter that throws hurts neither calls nor what else listens', async () => {
  const t = await harness();
  const broken = (): never => {
    throw new Error('broken');
  };
  const meter = createNoopMeter();
  const histogram = { record: broken };
  instrumentMetrics(t.client, {
    createObservableCounter: () => meter.createObservableCounter('a'),
    createObservableUpDownCounter: () => meter.createObservableUpDownCounter('a'),
    createObservableGauge: () => meter.createObservableGauge('a'),
    createHistogram: () => histogram,
    addBatchObservableCallback() {},
    removeBatchObservableCallback: broken,
  } as never);
  const heard: unknown[] = [];
  t.client.on('response', ({ status }) => heard.push(status));
  t.spans('a', 'b');
  await t.settled();
  expect(heard).toEqual([200]);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 2, succeeded: 2 });
});

test('names and units are those of the conventions', () => {
  const all = Object.entries({ ...observedMetrics, ...requestMetrics });
  for (const [name, { unit }] of all) {
    expect(name).toMatch(/^prefactor\.client(\.[a-z]+)+$/);
    // UCUM: seconds and bytes, or what is counted, in braces and singular; a metric of time is in seconds.
    expect(unit).toMatch(/^(s|By|1|\{[a-z]+[^s}]\})$/);
    if (/\.(duration|time|age)$/.test(name)) expect(unit).toBe('s');
    // A counter's name is in the plural, or says what it sums up; it does not end with `total`.
    expect(name).not.toMatch(/[._]total$/);
  }
});

test.each([
  [{}, {}, 'client must be an AutobatchClient.'],
  [undefined, undefined, 'client must be an AutobatchClient.'],
])('no client: %j', (client, meter, message) => {
  expect(() => instrumentMetrics(client as never, meter as never)).toThrow(new TypeError(message));
});

test('no meter', async () => {
  const t = await harness();
  expect(() => instrumentMetrics(t.client, undefined as never)).toThrow(
    "meter must be a Meter of OpenTelemetry, such as metrics.getMeter('prefactor-autobatch') of @opentelemetry/api gives.",
  );
});
