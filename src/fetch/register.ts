/**
 * `node --import prefactor-autobatch/register app.js` batches the calls of an official SDK without a change to the
 * program. Settings come from the environment: `PREFACTOR_API_URL` and `PREFACTOR_API_TOKEN`, as for the SDK;
 * `PREFACTOR_AUTOBATCH_ANSWER`, `on-result` (the default) or `on-accept`; and `PREFACTOR_AUTOBATCH_DISABLED`. Without a
 * token the global `fetch` stays as it is.
 */
import { isPrefactorError } from '../errors/error-classes.ts';
import { AutobatchClient } from '../index.ts';
import { consoleLogger } from '../lib/logger.ts';
import { env } from '../lib/runtime.ts';
import { createBatchingFetch } from './batching-fetch.ts';
import type { AnswerMode } from './fetch-options.ts';

/** Known to all copies of this package: of two, the first one counts. */
const registered = Symbol.for('prefactor-autobatch.registered');

function register(): void {
  const isDisabled = /^(1|true)$/i.test(env('PREFACTOR_AUTOBATCH_DISABLED') ?? '');
  if (isDisabled || env('PREFACTOR_API_TOKEN') === undefined || registered in globalThis) return;
  const answer = env('PREFACTOR_AUTOBATCH_ANSWER');
  if (answer !== undefined && answer !== 'on-result' && answer !== 'on-accept') {
    throw new Error(
      `PREFACTOR_AUTOBATCH_ANSWER must be 'on-result' or 'on-accept', but it is ${JSON.stringify(answer)}.`,
    );
  }
  const batchingFetch = createBatchingFetch(new AutobatchClient(), {
    answer: answer satisfies AnswerMode | undefined,
  });
  Object.defineProperty(globalThis, registered, { value: batchingFetch });
  globalThis.fetch = batchingFetch;
}

try {
  register();
} catch (error) {
  // The program does not end because of us.
  const why = isPrefactorError(error) || error instanceof Error ? error.message : '';
  consoleLogger.error(`Nothing is batched, since the settings are wrong: ${why}`);
}
