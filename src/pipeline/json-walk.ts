/**
 * Goes through a value in the order in which JSON writes it, without the stack: to find what of a text could not
 * be written, or was lost in it. It may call `toJSON` and getters once more.
 */

/** The field `name` of `holder`, which stands at the place `within`. */
export interface Place {
  readonly name: string;
  readonly holder: object;
  readonly within: Place | undefined;
  readonly depth: number;
}

/** What stands at a place: the value as JSON takes it, after its `toJSON`; or why there is none. */
export type Sight =
  | { readonly kind: 'value'; readonly place: Place; readonly value: unknown }
  /** An object that it is in itself. */
  | { readonly kind: 'cycle'; readonly place: Place }
  | { readonly kind: 'getter' | 'toJSON'; readonly place: Place; readonly error: unknown };

/** The longest path that is shown, in characters. */
const LONG = 200;

/** Looks at so many values, at most; ends after what cannot be written, as JSON does. */
export function* walkJson(root: object, most: number): Generator<Sight> {
  const around = new Set<unknown>();
  const top: Place = { name: '', holder: { '': root }, within: undefined, depth: 0 };
  /** Places yet to be looked at; and objects that are left, with all that is in them. */
  const steps: (Place | { readonly left: object })[] = [top];
  for (let count = 0; count < most; ) {
    const step = steps.pop();
    if (step === undefined) return;
    if ('left' in step) {
      around.delete(step.left);
      continue;
    }
    count++;
    const seen = look(step);
    const isCycle = seen.kind === 'value' && around.has(seen.value);
    yield isCycle ? { kind: 'cycle', place: step } : seen;
    if (isCycle || seen.kind !== 'value') return;
    const { value, names } = seen;
    if (typeof value !== 'object' || value === null) continue;
    around.add(value);
    steps.push({ left: value });
    const depth = step.depth + 1;
    for (const name of names.reverse()) steps.push({ name, holder: value, within: step, depth });
  }
}

/** `payload.items.3.price`; of a very long one the beginning and the length. */
export function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.within) names.push(at.name);
  const path = names.reverse().filter(Boolean).join('.');
  return path.length <= LONG ? path : `${path.slice(0, LONG)}… (${place.depth} levels)`;
}

/** What stands there, and the names of its fields. */
function look(place: Place) {
  let kind: 'getter' | 'toJSON' = 'getter';
  try {
    let value: unknown = Reflect.get(place.holder, place.name);
    const mayHaveToJson = isObject(value) || typeof value === 'bigint';
    const toJson: unknown = mayHaveToJson ? Reflect.get(Object(value), 'toJSON') : undefined;
    if (typeof toJson === 'function') {
      kind = 'toJSON';
      value = Reflect.apply(toJson, value, [place.name]);
      kind = 'getter';
    }
    const names = isObject(value) ? Object.keys(value) : [];
    return { kind: 'value', place, value, names } as const;
  } catch (error) {
    return { kind, place, error };
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
