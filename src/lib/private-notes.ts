/**
 * Notes on objects of others, as in a WeakMap, but for a tenth of its cost: a note is a private field of the
 * object itself, which only this instance can read.
 */
export class PrivateNotes<Target extends object, Note> {
  readonly #Noted = notedClass<Note>();

  /** May be called once for each target. */
  set(target: Target, note: Note): void {
    new this.#Noted(target, note);
  }

  get(target: Target): Note | undefined {
    return this.#Noted.noteOf(target);
  }
}

/** A class for each set of notes, so that none can read those of another. */
function notedClass<Note>() {
  return class Noted extends Itself {
    readonly #note: Note;

    constructor(target: object, note: Note) {
      super(target);
      this.#note = note;
    }

    static noteOf(target: object): Note | undefined {
      return #note in target ? target.#note : undefined;
    }
  };
}

/**
 * A constructor may return an existing object: a class that extends it adds its fields to that. The cast, since
 * TypeScript takes no function for a constructor, and a class may not return an object of another type.
 */
const Itself = function itself(target: object) {
  return target;
} as unknown as new (
  target: object,
) => object;
