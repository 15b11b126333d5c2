#!/usr/bin/env node
import { main } from './main.ts';

const interrupted = new AbortController();
// Only once: the default of a second signal, which ends the process at once, is what people want then.
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
// An interrupted command does not wait for answers in flight, but its output has to be written.
if (interrupted.signal.aborted) stdout.write('', () => stderr.write('', () => process.exit()));
