/**
 * Goes through a value in the order in which JSON writes it, without the stack: for what is to be told of
 * a text that could not be made, or in which something was lost. It may call `toJSON` and getters again.
 */

/** Where a value stands. */
export interface Place {
  readonly name: string;
  readonly within: Place | undefined;
  readonly depth: number;
}

/** What stands at a place: the value as JSON takes it, after its `toJSON`; or that it cannot be had. */
export type Sight =
  | { readonly kind: 'value'; readonly value: unknown; readonly place: Place }
  /** An object that it is in itself. */
  | { readonly kind: 'cycle'; readonly place: Place }
  | { readonly kind: 'getter' | 'toJSON'; readonly place: Place; readonly error: unknown };

/** The longest path that is shown, in characters. */
const LONG = 200;

/** Something yet to be looked at; or an object that has been left, with all that is in it. */
type Step = Sight | { readonly kind: 'left'; readonly value: object };

/** Looks at so many values, at most; ends after what cannot be written, as JSON does. */
export function* walkJson(root: object, most: number): Generator<Sight> {
  const around = new Set<object>();
  const steps: Step[] = [take(root, { name: '', within: undefined, depth: 0 })];
  for (let count = 0; count < most; ) {
    const step = steps.pop();
    if (step === undefined) return;
    if (step.kind === 'left') {
      around.delete(step.value);
      continue;
    }
    count++;
    if (step.kind !== 'value') {
      yield step;
      return;
    }
    const { value, place } = step;
    if (around.has(value as object)) {
      yield { kind: 'cycle', place };
      return;
    }
    yield step;
    if (typeof value !== 'object' || value === null) continue;
    around.add(value);
    steps.push({ kind: 'left', value });
    // One by one: they may be more than a call takes.
    for (const field of fieldsOf(value, place).reverse()) steps.push(field);
  }
}

/** `payload.items.3.price`; of a very long one the beginning and the length. */
export function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.within) names.push(at.name);
  const path = names.reverse().filter(Boolean).join('.');
  return path.length <= LONG ? path : `${path.slice(0, LONG)}… (${place.depth} levels)`;
}

function fieldsOf(value: object, within: Place): Step[] {
  const depth = within.depth + 1;
  try {
    return Object.keys(value).map((name): Step => {
      const place = { name, within, depth };
      try {
        return take(Reflect.get(value, name), place);
      } catch (error) {
        return { kind: 'getter', place, error };
      }
    });
  } catch (error) {
    return [{ kind: 'getter', place: within, error }];
  }
}

function take(value: unknown, place: Place): Sight {
  let kind: 'getter' | 'toJSON' = 'getter';
  try {
    const isAsked = (typeof value === 'object' && value !== null) || typeof value === 'bigint';
    const toJson: unknown = isAsked ? Reflect.get(Object(value), 'toJSON') : undefined;
    kind = 'toJSON';
    const isOwn = typeof toJson !== 'function';
    return {
      kind: 'value',
      value: isOwn ? value : Reflect.apply(toJson, value, [place.name]),
      place,
    };
  } catch (error) {
    return { kind, place, error };
  }
}
