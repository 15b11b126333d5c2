// A program with an official SDK, which knows nothing of us: `sdk-run.ts URL VERSION END [finish]`.
import { LaterSdk, publishedSdk } from '../../../tools/official-sdk.ts';

const [apiUrl = '', version, end, finish] = process.argv.slice(2);
const options = { fetch: globalThis.fetch, apiUrl };
const sdk = version === 'published' ? publishedSdk(options) : new LaterSdk(options);
sdk.startRun();
for (let index = 0; index < 20; index++) sdk.span(`span ${index}`);
if (finish === 'finish') sdk.finishRun();
if (end === 'beforeExit') {
  process.once('beforeExit', () => void sdk.shutdown());
} else {
  await sdk.shutdown();
  if (end === 'exit') process.exit(0);
  if (end === 'throw') throw new Error('The program has a bug.');
}
