import type { ClientDoor } from '../client/client-door.ts';
import { clientDoor } from '../client/client-door.ts';
import { invalidArgument } from '../errors/error-classes.ts';
import type { AutobatchClient } from '../index.ts';
import { unpolluted } from '../lib/own-fields.ts';
import type { CheckTable, ValueCheck } from '../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  isObjectLike,
  isText,
  mustBe,
  oneOf,
  problemsOf,
} from '../lib/value-checks.ts';
import { readApiUrl } from '../transport/api-url.ts';

/**
 * When a call is answered: `on-result`, once the API has answered it; `on-accept`, as soon as the client has taken it,
 * where the answer says nothing that only the API knows.
 */
export type AnswerMode = 'on-result' | 'on-accept';

export interface BatchingFetchOptions {
  /**
   * Requests to this API are batched: its base URL as the calling code has it.
   * @default that of the client
   */
  readonly apiUrl?: string | undefined;
  /**
   * Only requests with this token are batched; others pass through.
   * @default that of the client, where it is no function
   */
  readonly apiToken?: string | undefined;
  /** What sends the requests that pass through. @default the global fetch at this time */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** @default 'on-result' */
  readonly answer?: AnswerMode | undefined;
  /**
   * What is pending when the process ends, by `process.exit` or an uncaught error, is sent by a short process of its
   * own, which ends after 10 seconds at the latest. Only on Node, and only where the client sends by Node's own fetch.
   * @default true
   */
  readonly drainOnExit?: boolean | undefined;
}

/** The options in use, and the inner side of the client. */
export interface FetchSettings {
  readonly door: ClientDoor;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  /** Undefined: any. Only a client that is disabled may have no token. */
  readonly apiToken: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly answersEarly: boolean;
  readonly drainsOnExit: boolean;
}

const optionChecks: CheckTable = {
  apiUrl: (value) => {
    const read = isText(value) ? readApiUrl(value, true) : { problem: 'must be a string' };
    return 'problem' in read ? read.problem : undefined;
  },
  // Its value is not shown.
  apiToken: (value) => (isText(value) ? undefined : 'must be a string that is not empty'),
  fetch: aFunction,
  answer: oneOf('on-result', 'on-accept'),
  drainOnExit: aBoolean,
} satisfies { readonly [Name in keyof Required<BatchingFetchOptions>]: ValueCheck };

const aClient = mustBe(
  'an AutobatchClient of this version of the package',
  (value) => isObjectLike(value) && clientDoor in value,
);

/** @throws {PrefactorInvalidArgumentError} that names all that is wrong */
export function readFetchOptions(
  client: AutobatchClient,
  options: BatchingFetchOptions,
): FetchSettings {
  const problem = aClient(client);
  refuse(
    problem === undefined ? problemsOf(options, optionChecks, 'options') : [`client ${problem}`],
  );
  const { fetch = globalThis.fetch, answer, drainOnExit, ...given } = unpolluted(options);
  const door = client[clientDoor];
  const apiToken = given.apiToken ?? door.apiToken;
  if (typeof apiToken === 'function') {
    refuse(['options.apiToken is needed, since that of the client is a function']);
  }
  if (fetch === undefined) refuse(['options.fetch is needed, since this runtime has none']);
  const read = readApiUrl(given.apiUrl ?? door.apiUrl, true);
  return {
    door,
    apiUrl: 'url' in read ? read.url : door.apiUrl,
    apiToken: typeof apiToken === 'string' ? apiToken : undefined,
    fetch,
    answersEarly: answer === 'on-accept',
    drainsOnExit: drainOnExit ?? true,
  };
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const issues = problems.map((message) => ({ path: '', message }));
  throw invalidArgument({ call: 'createBatchingFetch', issues });
}
