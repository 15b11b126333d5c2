// What compiles, and what must not; checked by tsc, run by vitest only so that it is counted.
import { expectTypeOf, test } from 'vitest';
import type {
  Action,
  ActionPromise,
  AgentInstance,
  AgentInstanceRecordQualityParams,
  AgentSpan,
  AgentSpanCreateParams,
  AgentSpanFinishParams,
  AnyPrefactorError,
  AutobatchClient,
  AutobatchEvents,
  BulkResult,
  Ledger,
  PrefactorErrorCode,
  Ref,
} from '../../src/index.ts';
import {
  isPrefactorError,
  PrefactorClosedError,
  PrefactorError,
  PrefactorQueueFullError,
} from '../../src/index.ts';

declare const client: AutobatchClient;
declare const run: ActionPromise<AgentInstance>;
declare const span: ActionPromise<AgentSpan>;

test('calls resolve with what they are about', () => {
  expectTypeOf<AutobatchClient['agentInstances']['register']>().returns.toEqualTypeOf<
    ActionPromise<AgentInstance>
  >();
  expectTypeOf<
    AutobatchClient['agentSpans']['create']
  >().returns.resolves.toEqualTypeOf<AgentSpan>();
  expectTypeOf<
    AutobatchClient['agentSpans']['finish']
  >().returns.resolves.toEqualTypeOf<AgentSpan>();
  expectTypeOf<AutobatchClient['submit']>().returns.resolves.toBeUnknown();
  expectTypeOf<AutobatchClient['bulk']['execute']>().returns.resolves.toEqualTypeOf<BulkResult>();
  expectTypeOf<AutobatchClient['flush']>().returns.resolves.toEqualTypeOf<Ledger>();
  expectTypeOf<AutobatchClient['ready']>().returns.resolves.toBeVoid();
});

test('an ActionPromise is a promise with a key, and perhaps an id', () => {
  expectTypeOf<typeof span>().toExtend<Promise<AgentSpan>>();
  expectTypeOf<(typeof span)['idempotencyKey']>().toEqualTypeOf<string>();
  expectTypeOf<(typeof span)['id']>().toEqualTypeOf<string | undefined>();
});

test('a reference is an id, a result or a call, of the right kind', () => {
  expectTypeOf<string>().toExtend<Ref<AgentSpan>>();
  expectTypeOf<AgentSpan>().toExtend<Ref<AgentSpan>>();
  expectTypeOf<ActionPromise<AgentSpan>>().toExtend<Ref<AgentSpan>>();
  expectTypeOf<AgentInstance>().not.toExtend<Ref<AgentSpan>>();
  expectTypeOf<ActionPromise<AgentInstance>>().not.toExtend<Ref<AgentSpan>>();
  expectTypeOf<AgentSpan>().not.toExtend<Ref<AgentInstance>>();
  // It has lost its id on the way: out of an async function, or through then.
  expectTypeOf<Promise<AgentSpan>>().not.toExtend<Ref<AgentSpan>>();
});

test('optional references may be null or undefined, others may not', () => {
  expectTypeOf<AgentSpanCreateParams['parentSpanId']>().toEqualTypeOf<
    Ref<AgentSpan> | null | undefined
  >();
  expectTypeOf<AgentSpanCreateParams['agentInstanceId']>().toEqualTypeOf<Ref<AgentInstance>>();
});

test('a payload may be of any type of object, an interface included', () => {
  interface Prompt {
    text: string;
  }
  expectTypeOf<Prompt>().toExtend<AgentSpanCreateParams['payload']>();
  expectTypeOf<string>().not.toExtend<AgentSpanCreateParams['payload']>();
});

test('of a result only the id is certain; what the API adds later stands under one name', () => {
  expectTypeOf<AgentSpan['id']>().toEqualTypeOf<string>();
  expectTypeOf<AgentSpan['agentInstanceId']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<AgentSpan['riskScore']>().toBeUnknown();
  expectTypeOf<AgentSpan>().not.toHaveProperty('parentId');
  expectTypeOf<AgentInstance>().not.toHaveProperty('state');
  expectTypeOf<NonNullable<AgentSpan['control']>>().not.toHaveProperty('terminated');
  expectTypeOf<AgentSpan['laterFields']>().toEqualTypeOf<
    Readonly<Record<string, unknown>> | undefined
  >();
});

test('null is taken only where the API makes something of it', () => {
  expectTypeOf<null>().not.toExtend<AgentSpanFinishParams['resultPayload']>();
  expectTypeOf<null>().toExtend<AgentSpanCreateParams['resultPayload']>();
  expectTypeOf<null>().toExtend<AgentInstanceRecordQualityParams['payload']>();
});

test('events have details of their own', () => {
  expectTypeOf<AutobatchEvents['terminate']>().toEqualTypeOf<{
    readonly agentInstanceId: string;
    readonly reason: string | null;
  }>();
});

declare const failed: unknown;

test('an error that is ours is one of the classes, told by its code', () => {
  expectTypeOf<AutobatchEvents['failure']['error']>().toEqualTypeOf<AnyPrefactorError>();
  expectTypeOf<AnyPrefactorError>().toExtend<PrefactorError>();
  expectTypeOf<AnyPrefactorError['code']>().toEqualTypeOf<PrefactorErrorCode>();
  expectTypeOf(bySwitch).returns.toBeString();
});

function bySwitch(): string {
  if (failed instanceof PrefactorQueueFullError) return failed.bound;
  if (!isPrefactorError(failed)) return 'an abort';
  expectTypeOf(failed).toExtend<AnyPrefactorError>();
  switch (failed.code) {
    case 'API_ERROR':
    case 'AUTH_FAILED':
    case 'NOT_FOUND':
    case 'VALIDATION_FAILED':
    case 'CONFLICT':
      expectTypeOf(failed.errors).toBeUnknown();
      return failed.requestId ?? failed.apiMessage ?? String(failed.status);
    case 'QUEUE_FULL':
      return `${failed.limit} ${failed.bound}`;
    case 'RETRY_EXHAUSTED':
      return failed.limit;
    case 'CONTRACT_BROKEN':
      return failed.problem;
    case 'DEPENDENCY_FAILED':
      return failed.resourceId ?? failed.problem;
    case 'INVALID_ARGUMENT':
      return failed.call ?? failed.issues.map(({ path }) => path).join();
    case 'CLOSED':
      return failed.last ?? 'closed';
    case 'SKIPPED':
    case 'IDEMPOTENCY_CONFLICT':
      // @ts-expect-error it is no field of these
      return failed.issues;
    default:
      return failed satisfies never;
  }
}

test('errors are made by the client alone', () => {
  expectTypeOf(makeOne).toBeFunction();
});

function makeOne(): void {
  // @ts-expect-error a class of errors cannot be made
  new PrefactorClosedError('Closed.');
  // @ts-expect-error nor can its root
  new PrefactorError('Closed.');
}

test('the compiler has the last word', () => {
  expectTypeOf(neverRun).toBeFunction();
});

function neverRun(): void {
  const root = { agentInstanceId: run, schemaName: 'a', status: 'active' } as const;
  void client.agentSpans.create({
    agentInstanceId: run,
    parentSpanId: span,
    schemaName: 'a',
    status: 'active',
    startedAt: new Date(),
  });
  void client.agentSpans.finish(span);
  void client.agentInstances.finish(run, { status: 'failed' }, { signal: AbortSignal.timeout(1) });
  void client.submit({ _type: 'agents/show', agent_id: 'a' }, { uses: [run, span, 'name'] });
  void client.agentInstances.register();
  const submitted = client.submit({ _type: 'agent_instances/register', purpose: 'eval' });
  void client.submit({ _type: 'agent_instances/start', agent_instance_id: submitted });
  void client.submit({
    _type: 'agent_spans/create',
    details: {
      agent_instance_id: run,
      parent_span_id: submitted,
      schema_name: 'a',
      status: 'active',
      payload: {},
    },
  });
  void client.submit({ _type: 'agent_spans/finish', agent_span_id: span, result_payload: {} });
  const any: Action = { _type: 'agent_spans/finish', what: 'the API may know' };
  void client.submit(any);
  // @ts-expect-error no such field of a type that is known
  void client.submit({ _type: 'agent_spans/finish', agent_span_id: span, resultPayload: {} });
  // @ts-expect-error it needs the instance
  void client.submit({ _type: 'agent_instances/finish', status: 'complete' });
  // @ts-expect-error no such status
  void client.submit({ _type: 'agent_spans/finish', agent_span_id: span, status: 'completed' });
  const fields = { agent_instance_id: run, schema_name: 'a', status: 'active' } as const;
  // @ts-expect-error in wire form nothing is filled in: it needs a payload
  void client.submit({ _type: 'agent_spans/create', details: fields });
  // @ts-expect-error no such field within the version
  void client.submit({ _type: 'agent_instances/register', agent_version: { nme: 'a' } });
  // @ts-expect-error no such status
  void client.agentSpans.create({ ...root, status: 'completed' });
  // @ts-expect-error no such status of something that is over
  void client.agentSpans.finish(span, { status: 'active' });

  client.on('failure', ({ key }) => key?.length);
  // @ts-expect-error an instance is no span
  void client.agentSpans.finish(run);
  // @ts-expect-error a status is needed
  void client.agentSpans.create({ agentInstanceId: run, schemaName: 'a' });
  // @ts-expect-error no such field
  void client.agentSpans.create({ ...root, agent_id: 1 });
  // @ts-expect-error no such event
  client.on('fail', () => {});
  // @ts-expect-error a quality needs a payload, if only null
  void client.agentInstances.recordQuality(run, { name: 'a' });
}
