/** One request and what became of it, for `EmulatorOptions.onAnswer`. No token, header or payload is in it. */
export interface AnsweredRequest {
  /** Its number, from 1, over all requests. */
  readonly request: number;
  /** Method and route, such as `POST /api/v1/agent_spans/{id}/finish`; the path itself where there is no such route. */
  readonly route: string;
  /** `dropped`: the connection broke, or the client gave up, before a whole answer was given. */
  readonly status: number | 'dropped';
  /** Length of the body in UTF-8 bytes. */
  readonly bytes: number;
  /** Milliseconds from its arrival, by the emulator's clock. */
  readonly ms: number;
  /** Items of a bulk request; 0 at any other endpoint. */
  readonly items: number;
  /** Items that succeeded, also where the answer was then lost. 0, as the next three, where none ran. */
  readonly succeeded: number;
  /** Those among them that got the stored answer of their key. */
  readonly replayed: number;
  /** Items that ran into an error: one at most, since it stops the request. */
  readonly failed: number;
  /** Items that were not reached after an error. */
  readonly skipped: number;
  /** Kinds of the faults that fired, as in `EmulatorReport.faults`. */
  readonly faults: readonly string[];
  /** Fields that the API does not know, as in `EmulatorReport`. */
  readonly unknownFields: readonly string[];
  /** Ways in which the request broke the contract, as sentences. */
  readonly breaches: readonly string[];
}
