// What compiles, and what must not; checked by tsc, run by vitest only so that it is counted.
import { expectTypeOf, test } from 'vitest';
import type { ActionPromise, AgentInstance } from '../../src/index.ts';
import type { RunParams, Span, SpanParams, Tracer } from '../../src/trace/index.ts';

declare const tracer: Tracer;

test('what a function returns is what its caller gets', () => {
  const calls = (): void => {
    expectTypeOf(tracer.run({}, () => 1)).toEqualTypeOf<number>();
    expectTypeOf(tracer.span('a', async () => 'b')).toEqualTypeOf<Promise<string>>();
    async function* generate(): AsyncGenerator<number, string, boolean> {
      return (yield 1) ? 'a' : 'b';
    }
    expectTypeOf(tracer.span('a', generate)).toEqualTypeOf<
      AsyncGenerator<number, string, boolean>
    >();
    expectTypeOf(tracer.span('a', () => new ReadableStream<string>())).toEqualTypeOf<
      ReadableStream<string>
    >();
    tracer.run({}, (run) => {
      expectTypeOf(run.instance).toEqualTypeOf<ActionPromise<AgentInstance>>();
      expectTypeOf(run).toExtend<Span>();
    });
  };
  expectTypeOf(calls).returns.toBeVoid();
});

test('parameters are those of a registration, and of a span', () => {
  expectTypeOf<RunParams>().toHaveProperty('externalIdentifier');
  expectTypeOf<{ name: string; type: 'agent:mine' }>().toExtend<SpanParams>();
  expectTypeOf<{ type: 'agent:llm' }>().not.toExtend<SpanParams>();
});
