// What the server holds, as a tree that tests can compare.
import type { Emulator } from '../../src/testing/index.ts';
import { INSTANCE } from '../helpers/spans.ts';

export interface RunTree {
  readonly status: unknown;
  readonly spans: readonly SpanTree[];
}

export interface SpanTree {
  readonly name: unknown;
  readonly status: unknown;
  readonly children?: readonly SpanTree[];
}

/** The runs that tests have made, each with its spans below their parents, by name. */
export function treesOf(emulator: Emulator): RunTree[] {
  return runsOf(emulator).map(({ status, spans }) => {
    const all = byName(Object.values(spans));
    const below = (parent: unknown): SpanTree[] =>
      all
        .filter((span) => span['parent_span_id'] === parent)
        .map((span) => {
          const children = below(span['id']);
          return {
            name: Object(span['payload']).name,
            status: span['status'],
            ...(children.length === 0 ? {} : { children }),
          };
        });
    return { status, spans: below(null) };
  });
}

/** In wire form, in no particular order. */
export function runsOf(emulator: Emulator) {
  const { instances } = emulator.snapshot();
  return Object.entries(instances)
    .filter(([id]) => id !== INSTANCE)
    .map(([, run]) => run);
}

export function spansOf(emulator: Emulator) {
  return runsOf(emulator).flatMap(({ spans }) => byName(Object.values(spans)));
}

function byName(spans: readonly Readonly<Record<string, unknown>>[]) {
  const nameOf = (span: Readonly<Record<string, unknown>>) => String(Object(span['payload']).name);
  return [...spans].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
