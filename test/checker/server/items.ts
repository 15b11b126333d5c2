/** A bulk request taken apart: each item with its text to the letter (docs/internals/api.md, "Bulk request"). */

export type Fields = Readonly<Record<string, unknown>>;

export interface Item {
  readonly key: string;
  readonly type: string;
  /** What the caller can be told by: no two calls have the same. */
  readonly marker: string;
  readonly fields: Fields;
  readonly text: string;
}

/** Undefined for what is no bulk request. */
export function itemsOf(body: string): Item[] | undefined {
  const texts = textsOf(body);
  if (texts === undefined || texts.length === 0) return undefined;
  const items: Item[] = [];
  for (const text of texts) {
    const fields: unknown = JSON.parse(text);
    const key = own(fields, 'idempotency_key');
    const type = own(fields, '_type');
    if (!isFields(fields) || typeof type !== 'string' || typeof key !== 'string') return undefined;
    items.push({ key, type, marker: markerOf(fields), fields, text });
  }
  return items;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function own(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Where each kind of call has what is its own. */
function markerOf(fields: Fields): string {
  const details = own(fields, 'details');
  const found =
    own(own(details, 'payload'), 'marker') ??
    own(details, 'marker') ??
    own(own(fields, 'result_payload'), 'marker') ??
    own(own(fields, 'payload'), 'marker') ??
    own(own(fields, 'agent_version'), 'external_identifier') ??
    own(fields, 'marker') ??
    own(fields, 'timestamp');
  return typeof found === 'string' ? found : '';
}

/** The texts of the values in `{"items":[...]}`, cut where JSON says, with nothing written anew. */
function textsOf(body: string): string[] | undefined {
  const head = /^\s*\{\s*"items"\s*:\s*\[/.exec(body)?.[0];
  if (head === undefined) return undefined;
  JSON.parse(body);
  const texts: string[] = [];
  let depth = 0;
  let isText = false;
  let from = head.length;
  for (let at = head.length; at < body.length; at++) {
    const letter = body[at];
    if (isText) {
      if (letter === '\\') at++;
      else if (letter === '"') isText = false;
    } else if (letter === '"') {
      isText = true;
    } else if (letter === '{' || letter === '[') {
      depth++;
    } else if ((letter === ',' || letter === ']') && depth === 0) {
      const text = body.slice(from, at).trim();
      if (text !== '') texts.push(text);
      if (letter === ']') return texts;
      from = at + 1;
    } else if (letter === '}' || letter === ']') {
      depth--;
    }
  }
  return undefined;
}
