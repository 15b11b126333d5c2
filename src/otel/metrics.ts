import type { Attributes, Meter, Observable } from '@opentelemetry/api';
import type { AutobatchClient, Stats } from '../index.ts';
import { isObjectLike } from '../lib/value-checks.ts';

/** A number of `stats()`, or several that differ by an attribute. */
interface ObservedMetric {
  readonly kind: 'counter' | 'upDownCounter' | 'gauge';
  readonly unit: string;
  readonly description: string;
  readonly read: (stats: Stats) => number | readonly (readonly [number, Attributes])[];
}

const outcomes = {
  succeeded: 'succeeded',
  refused: 'refused',
  not_attempted: 'notAttempted',
  in_doubt: 'inDoubt',
  cancelled: 'cancelled',
  declined: 'declined',
} as const;
const serverStates = ['unknown', 'answering', 'pausing', 'failing'] as const;

/** What is read from `stats()` when metrics are collected. Names and units by the conventions of OpenTelemetry. */
export const observedMetrics: Readonly<Record<string, ObservedMetric>> = {
  'prefactor.client.calls': {
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that have settled, or were declined',
    read: ({ ledger }) =>
      Object.entries(outcomes).map(([outcome, column]) => [
        ledger[column],
        { 'prefactor.call.outcome': outcome },
      ]),
  },
  'prefactor.client.queue.size': {
    kind: 'upDownCounter',
    unit: '{item}',
    description: 'Pending items',
    read: ({ queued, blocked, inFlight }) =>
      Object.entries({ ready: queued - blocked, blocked, in_flight: inFlight }).map(
        ([state, items]) => [items, { 'prefactor.item.state': state }],
      ),
  },
  'prefactor.client.queue.body.size': {
    kind: 'upDownCounter',
    unit: 'By',
    description: 'Bytes of all pending items',
    read: ({ queuedBytes }) => queuedBytes,
  },
  'prefactor.client.queue.age': {
    kind: 'gauge',
    unit: 's',
    description: 'How long the oldest pending call has waited',
    read: ({ oldestMs }) => oldestMs / 1_000,
  },
  'prefactor.client.request.limit': {
    kind: 'upDownCounter',
    unit: '{request}',
    description: 'Requests that may be in flight at once',
    read: ({ concurrency }) => concurrency,
  },
  'prefactor.client.requeues': {
    kind: 'counter',
    unit: '{item}',
    description: 'Items that went back because the server had not reached them',
    read: ({ requeued }) => requeued,
  },
  'prefactor.client.retries': {
    kind: 'counter',
    unit: '{item}',
    description: 'Items that went back for another attempt',
    read: ({ retried }) => retried,
  },
  'prefactor.client.bisections': {
    kind: 'counter',
    unit: '{batch}',
    description: 'Batches, or parts of them, that were halved',
    read: ({ bisected }) => bisected,
  },
  'prefactor.client.pause.time': {
    kind: 'counter',
    unit: 's',
    description: 'Time in pauses that the server asked for',
    read: ({ pausedMs }) => pausedMs / 1_000,
  },
  'prefactor.client.server.status': {
    kind: 'upDownCounter',
    unit: '1',
    description: '1 for the state that the server is in, else 0',
    read: ({ server }) =>
      serverStates.map((state) => [
        state === server.state ? 1 : 0,
        { 'prefactor.server.state': state },
      ]),
  },
};

/** What is measured of each request. */
export const requestMetrics = {
  'prefactor.client.request.duration': { unit: 's', description: 'Duration of a request' },
  'prefactor.client.request.items': { unit: '{item}', description: 'Items of a request' },
  'prefactor.client.request.body.size': { unit: 'By', description: 'Bytes of a request' },
} as const;

/** Of the conventions for HTTP. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Has a meter of OpenTelemetry tell what a client does: `instrumentMetrics(client, metrics.getMeter('prefactor-autobatch'))`.
 * Returns a function that takes all of it back.
 *
 * @param attributes of all that is measured, to tell several clients apart
 * @throws {TypeError} `client` or `meter` is none
 */
export function instrumentMetrics(
  client: AutobatchClient,
  meter: Meter,
  attributes: Attributes = {},
): () => void {
  if (!isObjectLike(client) || typeof client.stats !== 'function') {
    throw new TypeError('client must be an AutobatchClient.');
  }
  if (!isObjectLike(meter) || typeof meter.createHistogram !== 'function') {
    throw new TypeError(
      "meter must be a Meter of OpenTelemetry, such as metrics.getMeter('prefactor-autobatch') of @opentelemetry/api gives.",
    );
  }
  const takeBack = [observe(client, meter, attributes), ...measure(client, meter, attributes)];
  return () => {
    for (const one of takeBack) one();
  };
}

function observe(client: AutobatchClient, meter: Meter, common: Attributes): () => void {
  const observed = Object.entries(observedMetrics).map(([name, metric]) => {
    const { kind, unit, description, read } = metric;
    const options = { unit, description };
    const create = {
      counter: () => meter.createObservableCounter(name, options),
      upDownCounter: () => meter.createObservableUpDownCounter(name, options),
      gauge: () => meter.createObservableGauge(name, options),
    };
    return { observable: create[kind](), read };
  });
  const observables: Observable[] = observed.map(({ observable }) => observable);
  const report: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const stats = client.stats();
    for (const { observable, read } of observed) {
      const values = read(stats);
      for (const [value, attributes] of typeof values === 'number'
        ? [[values, {}] as const]
        : values) {
        result.observe(observable, value, { ...common, ...attributes });
      }
    }
  };
  meter.addBatchObservableCallback(report, observables);
  return () => meter.removeBatchObservableCallback(report, observables);
}

function measure(client: AutobatchClient, meter: Meter, common: Attributes): (() => void)[] {
  const histogram = (name: keyof typeof requestMetrics, advice = {}) =>
    meter.createHistogram(name, { ...requestMetrics[name], advice });
  const duration = histogram('prefactor.client.request.duration', {
    explicitBucketBoundaries: durationBuckets,
  });
  const items = histogram('prefactor.client.request.items');
  const bytes = histogram('prefactor.client.request.body.size');
  return [
    client.on('dispatch', (request) => {
      const attributes = { ...common, 'prefactor.dispatch.reason': request.reason };
      items.record(request.items, attributes);
      bytes.record(request.bytes, attributes);
    }),
    client.on('response', ({ durationMs, status }) => {
      // As in the conventions for HTTP: an error is a status of one, or that there was no answer.
      const error = status === undefined ? '_OTHER' : status >= 400 ? String(status) : undefined;
      duration.record(durationMs / 1_000, {
        ...common,
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(error !== undefined && { 'error.type': error }),
      });
    }),
  ];
}
