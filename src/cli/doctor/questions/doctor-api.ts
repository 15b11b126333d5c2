/** The API without the client: the doctor tests the client's assumptions, so it must not share them. */
import type { JsonObject } from '../../../recordings/actions/json.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';
import { isSuccess } from '../../../transport/bulk-transport.ts';
import type { Account, ApiExchange } from '../../api/api-requests.ts';
import { exchange } from '../../api/api-requests.ts';
import { Unanswered } from './question-finding.ts';

/** An item of a bulk request, in wire form. */
export type Item = JsonObject & { readonly _type: string; readonly idempotency_key: string };

export type DoctorAnswer =
  | {
      readonly kind: 'outputs';
      readonly status: number;
      /** In the order of the items; undefined for an item without an output. */
      readonly outputs: readonly (DoctorItemOutput | undefined)[];
    }
  | DoctorRefusal;

/** The answer for an item, or of a single endpoint. */
export type DoctorItemOutput = DoctorSuccess | DoctorRefusal;

export interface DoctorSuccess {
  readonly kind: 'success';
  readonly details: JsonObject;
  /** All of it, `details` included. */
  readonly fields: JsonObject;
}

/** The error of an item, or of a whole request. */
export interface DoctorRefusal {
  readonly kind: 'refused';
  /** Only of a whole request. */
  readonly status?: number | undefined;
  /** From the error body, unchanged, so it must not be printed; empty if there is none. */
  readonly code: string;
  /** For people: `422 validation_errors: Request is not valid`. */
  readonly because: string;
  /** From the error body, unchanged. */
  readonly errors?: unknown;
}

/** The same as for an attempt of the client. */
const DOCTOR_TIMEOUT_MS = 30_000;
/** Of what the API says in a refusal. */
const MAX_REFUSAL_LENGTH = 160;

export class DoctorApi {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  /** @throws {Unanswered} when there is no answer, or one that says nothing about the request. */
  async bulk(...items: readonly Item[]): Promise<DoctorAnswer> {
    const { status, body } = usable(await this.attempt({ items }));
    if (!isSuccess(status)) return this.#refusal(body, status);
    const outputs = isJsonObject(body) ? body['outputs'] : undefined;
    if (!isJsonObject(outputs)) throw new Unanswered(`The answer (${status}) has no outputs.`);
    return {
      kind: 'outputs',
      status,
      outputs: items.map(({ idempotency_key: key }) =>
        Object.hasOwn(outputs, key) ? this.#output(outputs[key]) : undefined,
      ),
    };
  }

  /** One item in a request of its own: its output, or the refusal of the request. @throws {Unanswered} */
  async one(item: Item): Promise<DoctorItemOutput> {
    const answer = await this.bulk(item);
    if (answer.kind === 'refused') return answer;
    const [output] = answer.outputs;
    if (output === undefined) throw new Unanswered('The answer has no output for its item.');
    return output;
  }

  /**
   * A request to a single endpoint; by GET without a body.
   *
   * @throws {Unanswered} as `bulk` does.
   */
  async single(path: string, sent?: JsonObject): Promise<DoctorItemOutput> {
    const { status, body } = usable(await exchange(this.#account, path, sent, DOCTOR_TIMEOUT_MS));
    if (!isSuccess(status)) return this.#refusal(body, status);
    const output = this.#output(body);
    if (output.kind === 'success') return output;
    throw new Unanswered(`The answer (${status}) is no success: ${output.because}.`);
  }

  /** A bulk request, with its answer as it came. Never rejects. */
  attempt(body: JsonObject): Promise<ApiExchange> {
    return exchange(this.#account, '/api/v1/bulk', body, DOCTOR_TIMEOUT_MS);
  }

  #output(output: unknown): DoctorItemOutput {
    if (!isJsonObject(output) || output['status'] !== 'success') return this.#refusal(output);
    const { details } = output;
    return { kind: 'success', details: isJsonObject(details) ? details : {}, fields: output };
  }

  #refusal(body: unknown, status?: number): DoctorRefusal {
    const said: JsonObject = isJsonObject(body) ? body : { message: 'without an error body' };
    const { code, message, errors } = said;
    const parts = [code, message].map((part) => this.#shown(part));
    const because = parts.filter((part) => part !== '').join(': ');
    return {
      kind: 'refused',
      status,
      code: typeof code === 'string' ? code : '',
      because: `${status ?? ''} ${because}`.trim(),
      errors,
    };
  }

  /** Text from a server, made fit to print: short, on one line, without the token and ids that it may echo. */
  #shown(said: unknown): string {
    if (typeof said !== 'string') return '';
    const safe = said
      .replaceAll(this.#account.apiToken, '(token)')
      .replaceAll(/[0-7][0-9a-hjkmnp-tv-z]{31}/g, '(id)')
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
    return safe.length > MAX_REFUSAL_LENGTH ? `${safe.slice(0, MAX_REFUSAL_LENGTH)}...` : safe;
  }
}

/** @throws {Unanswered} where the answer says nothing about the request itself. */
function usable(answer: ApiExchange): { readonly status: number; readonly body: unknown } {
  if (answer.kind === 'silence') {
    throw new Unanswered(`There was no usable answer (${answer.reason}).`);
  }
  const { status, body } = answer;
  if (status === 401 || status === 403) {
    throw new Unanswered(`The token is refused here (${status}).`);
  }
  if (status === 429) throw new Unanswered('Too many requests (429). Ask again later.');
  if (status >= 502 && status <= 504) {
    throw new Unanswered(`The API is not able to answer now (${status}). Ask again later.`);
  }
  return { status, body };
}

/** The id of what was made; empty where the answer has none. */
export function idOf({ details }: DoctorSuccess): string {
  return typeof details['id'] === 'string' ? details['id'] : '';
}
