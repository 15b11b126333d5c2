import type { Span } from './span.ts';

/** What a contender has to know to be made. */
export interface Target {
  readonly url: string;
  /** The most requests that may be in flight. */
  readonly inFlight: number;
  /** What a client made by hand does with what the server did not reach. @default 'merged' */
  readonly rest?: Rest;
}

/** At the front of the queue again, in a request of its own, or each in a request of its own. */
export type Rest = 'merged' | 'alone' | 'one-by-one';

/** A client that answers each call. */
export interface Caller {
  readonly kind: 'caller';
  create(span: Span): Promise<unknown>;
  close(): Promise<void>;
}

/** A client that takes spans and tells nobody what became of them. */
export interface Emitter {
  readonly kind: 'emitter';
  emit(span: Span): void;
  /** Until all has been sent. */
  close(): Promise<void>;
}

export type Contender = Caller | Emitter;

export type Make = (target: Target) => Contender;

export const TOKEN = 'bench-token';

export const HEADERS: Readonly<Record<string, string>> = {
  Authorization: `Bearer ${TOKEN}`,
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'X-Prefactor-SDK': 'bench@0.1.0',
};
