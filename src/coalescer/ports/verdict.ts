/** What one output says about its item. */
export type Verdict<T> =
  | { readonly kind: 'success'; readonly value: T; readonly id?: string | undefined }
  | {
      readonly kind: 'error';
      /** The API's own; an error without one is final. */
      readonly code: string | undefined;
      /** How long the item is to wait, in milliseconds, if the error says so. */
      readonly retryAfterMs?: number | undefined;
      /**
       * Set if the error says that the work may be done already: what was to be made `exists`; what was to be changed
       * has the `state` that the change leads to; or the key was `used` before, perhaps by an earlier attempt.
       */
      readonly conflict?: 'exists' | 'state' | 'used' | undefined;
    }
  | { readonly kind: 'malformed' };

/** Judges an output, once for each caller of its item; `readAs` is that of the caller's submission. */
export type Read = (output: unknown, readAs: unknown) => Verdict<unknown>;

/** What an output says to the other callers of its item, by their promises. */
export type OtherVerdicts = ReadonlyMap<Promise<unknown>, Verdict<unknown>>;
