/** What one output says about its item. */
export type Verdict<T> =
  | { readonly kind: 'success'; readonly value: T; readonly id?: string | undefined }
  | {
      readonly kind: 'error';
      /** The API's own; an error without one is final. */
      readonly code: string | undefined;
      /** The time before which the item is not to come back, in milliseconds, if it says so. */
      readonly retryAfterMs?: number | undefined;
      /**
       * Set where the error says that the work may be done already: what was to be made `exists`,
       * what was to be changed is in a `state` that the change would have led to, or the key was
       * `used` before, perhaps by an attempt of the item itself.
       */
      readonly conflict?: 'exists' | 'state' | 'used' | undefined;
    }
  | { readonly kind: 'malformed' };

/** Judges an output, once for each caller that waits for it; `readAs` is what its submission says. */
export type Read = (output: unknown, readAs: unknown) => Verdict<unknown>;
