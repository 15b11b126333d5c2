// Random trees of nested functions, by seed: the server ends in the state of the tree that was run, and each caller gets
// what its function returned or threw.
import { expect, test } from 'vitest';
import type { RootSpan, Span, Tracer } from '../../src/trace/index.ts';
import { traced } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import type { Random } from '../helpers/random.ts';
import { pick, randomFrom } from '../helpers/random.ts';
import type { SpanTree } from './trees.ts';
import { spansOf, treesOf } from './trees.ts';

type Kind = 'sync' | 'async' | 'generator' | 'stream';
type Outcome = 'complete' | 'failed' | 'cancelled';

interface Node {
  readonly name: string;
  readonly kind: Kind;
  /** What it does by itself, once its children are over. */
  readonly outcome: Outcome;
  /** Children are started at once, not one after another. */
  readonly atOnce: boolean;
  /** By its parent's handle, not by context. */
  readonly byHandle: boolean;
  /** What it waits for before, between and after. */
  readonly waits: readonly (0 | 1 | 7)[];
  readonly children: readonly Node[];
}

test.each(Array.from({ length: 150 }, (_, seed) => seed + 1))('seed %i', async (seed) => {
  const random = randomFrom(seed);
  const t = await harness();
  const tracer = traced(t.client);
  const runs = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, at) =>
    plan(random, `${at}`, 0),
  );
  const story = new Story(tracer);
  const all = Promise.all(runs.map((root) => story.playRun(root)));
  await t.settled();
  await all;
  await t.settled();
  expect(
    treesOf(t.emulator)
      .flatMap(({ spans }) => spans)
      .sort(byName),
  ).toEqual(runs.map((root) => story.expected(root)));
  for (const { status, spans } of treesOf(t.emulator)) expect(status).toBe(spans[0]?.status);
  for (const span of spansOf(t.emulator)) {
    const { name } = Object(span['payload']);
    const { started_at, finished_at } = span;
    expect({ name, started_at, finished_at }).toEqual({ name, ...story.times.get(name) });
  }
  expect(tracer.stats()).toEqual({
    openRuns: 0,
    openSpans: 0,
    evictedRuns: 0,
    evictedSpans: 0,
    forgottenSpans: 0,
    unrecordedSpans: 0,
  });
});

function plan(random: Random, name: string, depth: number): Node {
  const kind = pick(random, ['sync', 'async', 'async', 'async', 'generator', 'stream'] as const);
  const width = depth >= 4 ? 0 : Math.floor(random() * 4);
  const outcome = pick(random, [
    'complete',
    'complete',
    'complete',
    'failed',
    'cancelled',
  ] as const);
  return {
    name,
    kind,
    outcome,
    atOnce: random() < 0.5,
    byHandle: random() < 0.3,
    waits: [0, 1, 2].map(() => pick(random, [0, 0, 1, 7] as const)),
    children: Array.from({ length: width }, (_, at) =>
      plan(random, `${name}.${at}`, depth + 1),
    ).filter((child) => kind !== 'sync' || child.kind === 'sync'),
  };
}

/** Runs plans, and checks of each function that its caller gets what it gave. */
class Story {
  /** When each function began and ended. */
  readonly times = new Map<string, { started_at: string; finished_at: string | undefined }>();
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  expected(node: Node): SpanTree {
    const children = node.children.map((child) => this.expected(child));
    return {
      name: node.name,
      status: node.outcome,
      ...(children.length === 0 ? {} : { children }),
    };
  }

  playRun(node: Node): unknown {
    return this.#check(node, (fn) => this.#tracer.run({ name: node.name }, fn));
  }

  #playSpan(node: Node, parent: Span): unknown {
    const call = node.byHandle ? parent.span : this.#tracer.span;
    return this.#check(node, (fn) => Reflect.apply(call, parent, [node.name, fn]));
  }

  /** Calls the function of a node through `record`, and reads what it returns; never throws or rejects. */
  #check(node: Node, record: (fn: (span: RootSpan) => unknown) => unknown): unknown {
    const value = { of: node.name };
    const error =
      node.outcome === 'cancelled' ? new DOMException('', 'AbortError') : new Error(node.name);
    const isFailing = node.outcome !== 'complete';
    const end = (): object => {
      const times = this.times.get(node.name);
      if (times !== undefined) times.finished_at = now();
      if (isFailing) throw error;
      return value;
    };
    if (node.kind === 'sync') {
      const play = (): unknown =>
        record((span) => {
          this.times.set(node.name, { started_at: now(), finished_at: undefined });
          for (const child of node.children) this.#playSpan(child, span);
          return end();
        });
      if (isFailing) expect(play).toThrow(error);
      else expect(play()).toBe(value);
      return undefined;
    }
    return this.#checkLater(node, record, isFailing ? error : value, end);
  }

  async #checkLater(
    node: Node,
    record: (fn: (span: RootSpan) => unknown) => unknown,
    expected: object,
    end: () => object,
  ): Promise<void> {
    const work = async (span: Span): Promise<object> => {
      await this.#wait(node.waits[0]);
      if (node.atOnce) {
        await Promise.all(node.children.map((child) => this.#playSpan(child, span)));
      } else {
        for (const child of node.children) {
          await this.#playSpan(child, span);
          await this.#wait(node.waits[1]);
        }
      }
      await this.#wait(node.waits[2]);
      return end();
    };
    const returned = record((span) => {
      this.times.set(node.name, { started_at: now(), finished_at: undefined });
      if (node.kind === 'async') return work(span);
      if (node.kind === 'stream') return streamOf(work(span));
      return generatorOf(() => work(span));
    });
    const read = node.kind === 'async' ? returned : lastOf(returned as AsyncIterable<unknown>);
    const seen = await Promise.resolve(read).catch((error: unknown) => error);
    expect(seen).toBe(expected);
  }

  async #wait(ms: number | undefined): Promise<void> {
    if (ms === 0 || ms === undefined) return;
    await (ms === 1 ? null : new Promise((resolve) => setTimeout(resolve, ms)));
  }
}

function now(): string {
  return new Date().toISOString();
}

function streamOf(work: Promise<object>): ReadableStream {
  return new ReadableStream({
    start(controller) {
      work.then(
        (value) => {
          controller.enqueue('the first chunk');
          controller.enqueue(value);
          controller.close();
        },
        (error: unknown) => controller.error(error),
      );
    },
  });
}

async function* generatorOf(work: () => Promise<object>): AsyncGenerator {
  yield 'the first value';
  yield await work();
}

async function lastOf(values: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const value of values) last = value;
  return last;
}

function byName(a: { readonly name: unknown }, b: { readonly name: unknown }): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}
