import type { Name } from '../coalescer/index.ts';
import { isName, NAME } from '../schemas/check.ts';
import { InvalidCall } from './invalid-call.ts';
import type { References } from './references.ts';
import type { SentIds } from './repeats.ts';
import type { TextMaker } from './text.ts';

/** Reads the references of one action that is ours, and puts ids, or markers, in their places. */
export class Naming {
  readonly #references: References;
  readonly #texts: TextMaker;
  readonly #shared: Name | undefined;
  readonly #sent: SentIds | undefined;
  /** What goes by these numbers has no id yet; markers speak of them by index. */
  readonly missing: number[] = [];
  /** Something else stands in the action now than did. */
  hasChanged = false;

  /**
   * `shared` is what a pending call makes that asks for the same, under the same key; `sent` are the
   * ids that the first such call was sent with, by path. They stand in the text of this one too,
   * although the server may have given others meanwhile.
   */
  constructor(
    references: References,
    texts: TextMaker,
    shared: Name | undefined,
    sent: SentIds | undefined,
  ) {
    this.#references = references;
    this.#texts = texts;
    this.#shared = shared;
    this.#sent = sent;
  }

  /** The name in a field; throws `InvalidCall` where none stands there. */
  take(fields: Record<string, unknown>, field: string, path: string): Name {
    const given = fields[field];
    const name = this.#references.nameOf(given, path);
    fields[field] =
      typeof name === 'string'
        ? this.#idAsSent(name, path)
        : this.#texts.marker(this.missing.push(name) - 1);
    this.hasChanged ||= fields[field] !== given;
    return name;
  }

  /** The name of what is not part of the action. */
  nameOf(reference: unknown, path: string): Name {
    return this.#references.nameOf(reference, path);
  }

  /** The name of what is made: the id in the action, or a number for what gets one from its answer. */
  made(fields: Readonly<Record<string, unknown>>): Name {
    const id = fields['id'];
    if (id == null) return this.#shared ?? this.#references.draw();
    // Checked before, but a getter may say something else the second time.
    if (!isName(id)) throw new InvalidCall([{ path: 'id', message: `must be ${NAME}` }]);
    return id;
  }

  #idAsSent(id: string, path: string): string {
    const sent = this.#sent;
    if (sent === undefined) return id;
    sent[path] ??= id;
    return sent[path];
  }
}
