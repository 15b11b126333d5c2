// What an API might do otherwise than the emulator, for questions of the doctor.

import type { Forward, Outputs, Script, Sent, SentItem } from '../scripted-api.ts';
import { bulkAnswer, errorBody } from '../scripted-api.ts';

type Fits = (item: SentItem, index: number, items: readonly SentItem[]) => boolean;

/** The script for bulk requests that hold an item that fits; the rest is the emulator's. */
export function withItem(fits: Fits, script: Script): Script {
  return (sent, forward) => (sent.items.some(fits) ? script(sent, forward) : undefined);
}

export function ofType(type: string): Fits {
  return ({ _type }) => _type === type;
}

/** Spans whose `details` have that value; undefined stands for any. */
export function withDetail(name: string, value?: unknown): Fits {
  return (item) => {
    const found = detailsOf(item)[name];
    return value === undefined ? found !== undefined : found === value;
  };
}

/** Spans that the question of that name asks with. */
export function askedBy(name: string): Fits {
  return (item) => JSON.stringify(detailsOf(item)['payload'] ?? {}).includes(`"${name}"`);
}

export function isUnknownType({ _type }: SentItem): boolean {
  return _type.endsWith('/no_such_action');
}

export const lacksField: Fits = (item) =>
  item._type === 'agent_spans/create' &&
  item['details'] !== undefined &&
  detailsOf(item)['schema_name'] === undefined;

/** The finish of a span that nobody made, between two others. */
export const isStopper: Fits = ({ _type }, index, items) =>
  index === 1 && items.length === 3 && _type === 'agent_spans/finish';

export const isWrapped: Fits = (item) =>
  item._type === 'agent_spans/finish' && item['details'] !== undefined;

export const hasResult: Fits = (item) =>
  JSON.stringify(item['result_payload'] ?? {}).includes('asked_by');

/** Those of a create; empty for all else. */
export function detailsOf(item: SentItem): Readonly<Record<string, unknown>> {
  const { details } = item;
  return typeof details === 'object' && details !== null ? { ...details } : {};
}

/** Refuses the whole request. */
export function refuse(status: number, message = 'No'): Script {
  return () => ({ status, body: errorBody('validation_errors', message) });
}

/** That output for the first item. */
export function bulkAnswerOf(
  output: Readonly<Record<string, unknown>>,
): (sent: Sent) => ReturnType<typeof bulkAnswer> {
  return ({ items: [item] }) => bulkAnswer({ [item?.idempotency_key ?? '']: output });
}

/** Sends other items, under the same keys. */
export function editItems(edit: (item: SentItem) => object): Script {
  return ({ items }, forward) => forward({ items: items.map(edit) });
}

/** Edits the successes. */
export function mapOutputs(
  outputs: Outputs,
  items: readonly SentItem[],
  edit: (output: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Outputs {
  return Object.fromEntries(
    items.flatMap(({ idempotency_key: key }) => {
      const output = outputs[key];
      return output === undefined
        ? []
        : [[key, output['status'] === 'success' ? edit(output) : output]];
    }),
  );
}

/** Another name for the run in all that is sent and answered. */
export function otherRunId(name: string): Script {
  let real = '';
  return async ({ path, body }, forward) => {
    if (path === '/api/v1/ping') return undefined;
    const answer = await forward(
      JSON.parse(JSON.stringify(body).replaceAll(`"${name}"`, `"${real}"`)),
    );
    if (real === '') {
      const [output] = Object.values(answer.outputs);
      real = String((output?.['details'] as { id?: unknown } | undefined)?.id ?? '');
    }
    const text = JSON.stringify(answer.body);
    const renamed = real === '' ? text : text.replaceAll(`"${real}"`, `"${name}"`);
    return { status: answer.status, body: JSON.parse(renamed) };
  };
}

/** Another word for a code; a success where there is none. */
export function editCodes(code: string, word: string | undefined): Script {
  return async ({ path, items }, forward) => {
    if (path !== '/api/v1/bulk' || items.length === 0) return undefined;
    const { status, body, outputs } = await forward();
    if (status !== 200) return { status, body };
    const edited = Object.entries(outputs).map(([key, output]) => {
      if (output['code'] !== code) return [key, output];
      return [
        key,
        word === undefined ? { status: 'success', details: {} } : { ...output, code: word },
      ];
    });
    return bulkAnswer(Object.fromEntries(edited));
  };
}

/**
 * Runs each item by itself, also after an error.
 *
 * @param shows Whether an item has an output, which may depend on whether one before it failed.
 * @param stops Whether nothing runs after an error all the same.
 */
export function oneByOne(
  shows: (item: SentItem, failed: boolean) => boolean,
  stops = false,
): Script {
  return async ({ items }, forward: Forward) => {
    const all: Record<string, Readonly<Record<string, unknown>>> = {};
    let failed = false;
    for (const item of items) {
      if (failed && stops) break;
      const { status, body, outputs } = await forward({ items: [item] });
      const { idempotency_key: key } = item;
      const output = status === 200 ? outputs[key] : { ...(body as object) };
      if (output !== undefined && shows(item, failed)) all[key] = output;
      failed ||= output?.['status'] !== 'success';
    }
    return bulkAnswer(all);
  };
}

/** Gives each item a key of its own, so that none is known. */
export function forgetKeys(fits: Fits): Script {
  let count = 0;
  return async ({ path, items }, forward) => {
    if (path !== '/api/v1/bulk' || !items.some(fits)) return undefined;
    const keys = items.map(() => `another-key-${count++}`);
    const sent = items.map((item, i) => ({ ...item, idempotency_key: keys[i] }));
    const { status, body, outputs } = await forward({ items: sent });
    if (status !== 200) return { status, body };
    const renamed = items.flatMap(({ idempotency_key: key }, i) => {
      const output = outputs[keys[i] ?? ''];
      return output === undefined ? [] : [[key, output]];
    });
    return bulkAnswer(Object.fromEntries(renamed));
  };
}

/** Fails a key that has succeeded before. */
export function refuseKnownKeys(code = 'known'): Script {
  const known = new Set<string>();
  return async ({ items }, forward) => {
    const [item] = items;
    if (item === undefined || items.length > 1) return undefined;
    const { idempotency_key: key } = item;
    if (known.has(key)) return bulkAnswer({ [key]: errorBody(code) });
    const { status, body, outputs } = await forward();
    if (outputs[key]?.['status'] === 'success') known.add(key);
    return { status, body };
  };
}

/** Sends what first came under a key whenever it comes. */
export function keepFirstItems(): Script {
  const first = new Map<string, SentItem>();
  return ({ path, items }, forward) => {
    if (path !== '/api/v1/bulk' || items.length !== 1) return undefined;
    const sent = items.map((item) => {
      const known = first.get(item.idempotency_key) ?? item;
      first.set(item.idempotency_key, known);
      return known;
    });
    return forward({ items: sent });
  };
}

/** Answers to finishes have that for a result, and nobody may read a span. */
export function hideResults(result: null | undefined): Script {
  return async ({ method, path, items }, forward) => {
    if (method === 'GET' && path !== '/api/v1/ping') {
      return { status: 401, body: errorBody('bad_authtoken') };
    }
    if (!items.some(hasResult)) return undefined;
    const { outputs } = await forward();
    const edit = (output: Outputs[string]): Outputs[string] => ({
      ...output,
      details: { ...(output['details'] as object), result_payload: result },
    });
    return bulkAnswer(mapOutputs(outputs, items, edit));
  };
}

/** An id that has come before is passed over. */
export function forgetKnownIds(): Script {
  const known = new Set<unknown>();
  return ({ items }, forward) => {
    const [item] = items;
    const id = item === undefined ? undefined : detailsOf(item)['id'];
    if (item === undefined || items.length > 1 || id === undefined) return undefined;
    if (known.has(id))
      return forward({ items: [{ ...item, details: { ...detailsOf(item), id: null } }] });
    known.add(id);
    return undefined;
  };
}

/** Each output says how many there were. */
export function countAnswers(): Script {
  let count = 0;
  return async ({ path, items }, forward) => {
    if (path !== '/api/v1/bulk' || items.length === 0) return undefined;
    const { status, body, outputs } = await forward();
    if (status !== 200) return { status, body };
    return bulkAnswer(mapOutputs(outputs, items, (output) => ({ ...output, count: count++ })));
  };
}
