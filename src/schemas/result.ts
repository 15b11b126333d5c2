/** An object of JSON, whose values are not looked at. */
export type Fields = Record<string, unknown>;

/** What the API says to a running agent, beside the result of a call. */
export interface Control {
  /** True once the run was terminated: start nothing more in it. */
  readonly terminate?: boolean;
  /** Why, in the words of the user who terminated it. */
  readonly reason?: string | null;
}

/** A result: its id is certain, all other fields are there where the API sent them. */
export interface Identified {
  readonly id: string;
  readonly control?: Control;
  /** Fields that the API added after this version was made, under the names that the API gives them. */
  readonly laterFields?: Readonly<Record<string, unknown>>;
}
