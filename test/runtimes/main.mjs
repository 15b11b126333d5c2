// The suite as a program, for runtimes that have a command line. It ends by itself: nothing here ends it.
import { runSuite } from './suite.mjs';

const [origin, setup] = globalThis.Deno?.args ?? process.argv.slice(2);
await runSuite({ origin, setup });
