/** What is submitted by those who use the engine by itself. */
import { utf8Length } from '../../lib/utf8.ts';
import type { Name, Submission } from '../ports/submission.ts';

/** A call: what is sent for it, what its output is matched by, and what it depends on. */
export interface NewItem {
  /** What its output is matched by, and what the server knows a repeated attempt by. */
  readonly key: string;
  /** What is sent for it; with holes where it is to name what has no id yet. */
  readonly text: string | TextWithHoles;
  /** The kind of action, for events. @default 'item' */
  readonly type?: string | undefined;
  /** What is given to `read` with its output. */
  readonly readAs?: unknown;
  /**
   * Equal for two calls that ask for the same, which then share one item while that is pending. Left out,
   * a second call with a pending key is refused.
   */
  readonly fingerprint?: string | undefined;
  /** What comes into being with this item. What is named by a number gets its id from the answer. */
  readonly makes?: Name | undefined;
  /** What this item changes: it waits for all earlier items that use, change or make that. */
  readonly changes?: Name | undefined;
  /** What must be there, and stay unchanged, while this item runs. */
  readonly uses?: readonly Name[] | undefined;
  /** Whatever `follows` this name, and was called later, waits for this item. */
  readonly precedes?: string | undefined;
  /** Waits for all earlier items that `precede` this name, and holds back nobody there. */
  readonly follows?: string | undefined;
  /** It closes what an accepted item opened: accepted up to twice the bounds of the queue. */
  readonly overBound?: boolean | undefined;
  /** UTF-8 bytes that its output is expected to have beside what it says itself. @default 0 */
  readonly echoBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A text that is cut where an id is missing: one piece more than there are holes. */
export interface TextWithHoles {
  readonly pieces: readonly string[];
  /** What fills them, in order: the ids of what goes by these numbers, as strings of JSON, once they are known. */
  readonly holes: readonly number[];
}

/** The same in the engine's own terms. It waits for whatever its text has a hole for. */
export function submissionOf({ text, type = 'item', uses = [], ...rest }: NewItem): Submission {
  const { pieces, holes } = typeof text === 'string' ? { pieces: [text], holes: [] } : text;
  const bytes = pieces.reduce((sum, piece) => sum + utf8Length(piece), 0);
  return { ...rest, type, pieces, holes, bytes, uses: [...new Set([...uses, ...holes])] };
}
