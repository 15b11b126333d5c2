/**
 * Batches the calls of code that makes one request for each: the official SDK, unchanged, or a `fetch` of your own. It
 * takes the place of `fetch`, hands what the bulk endpoint can do to a client, and answers as the API would have.
 */
export type { BatchingFetch, BatchingFetchStats, PassedReason } from './batching-fetch.ts';
export { createBatchingFetch } from './batching-fetch.ts';
export type { AnswerMode, BatchingFetchOptions } from './fetch-options.ts';
