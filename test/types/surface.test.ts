// What compiles, and what must not; checked by tsc, run by vitest only so that it is counted.
import { expectTypeOf, test } from 'vitest';
import type {
  ActionPromise,
  AgentInstance,
  AgentSpan,
  AgentSpanCreateParams,
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

test('of a result only the id is certain; what is not listed is unknown', () => {
  expectTypeOf<AgentSpan['id']>().toEqualTypeOf<string>();
  expectTypeOf<AgentSpan['agentInstanceId']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<AgentSpan['riskScore']>().toBeUnknown();
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
  void client.agentSpans.create({
    agentInstanceId: run,
    parentSpanId: span,
    schemaName: 'a',
    status: 'of my own',
    startedAt: new Date(),
  });
  void client.agentSpans.finish(span);
  void client.agentInstances.finish(run, { status: 'failed' }, { signal: AbortSignal.timeout(1) });
  void client.submit({ _type: 'agents/show', agent_id: 'a' }, { uses: [run, span, 'name'] });
  client.on('failure', ({ key }) => key?.length);
  // @ts-expect-error an instance is no span
  void client.agentSpans.finish(run);
  // @ts-expect-error a status is needed
  void client.agentSpans.create({ agentInstanceId: run, schemaName: 'a' });
  const root = { agentInstanceId: run, schemaName: 'a', status: 'b' };
  // @ts-expect-error no such field
  void client.agentSpans.create({ ...root, agent_id: 1 });
  // @ts-expect-error no such event
  client.on('fail', () => {});
  // @ts-expect-error a quality needs a payload, if only null
  void client.agentInstances.recordQuality(run, { name: 'a' });
}
