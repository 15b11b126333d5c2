#!/usr/bin/env node
import { main } from './main.ts';

const interrupted = new AbortController();
// Once: a second one ends the process at once, as the signal does by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => interrupted.abort(signal));
}
// A reader that has seen enough, such as `head`, is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}
const { stdin, stdout, stderr, env } = process;
process.exitCode = await main(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  interrupted: interrupted.signal,
});
// Who interrupts does not wait for an answer that is under way; but what was written has to get out.
if (interrupted.signal.aborted) stdout.write('', () => stderr.write('', () => process.exit()));
