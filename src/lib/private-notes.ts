/**
 * Notes on objects that others hold, which nobody else can see, read or copy: what a WeakMap does for a
 * tenth of its cost, since a note is a private field of the object itself. It stays for as long as the object.
 */
export class PrivateNotes<Target extends object, Note> {
  readonly #Noted = notedClass<Note>();

  /** Once for each target. */
  set(target: Target, note: Note): void {
    new this.#Noted(target, note);
  }

  get(target: Target): Note | undefined {
    return this.#Noted.noteOf(target);
  }
}

/** A class of its own for each set of notes, so that none can read those of another. */
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

/** A constructor may give an object that is there already: a class that extends it adds its fields to that. */
const Itself = function itself(target: object) {
  return target;
} as unknown as new (
  target: object,
) => object;
