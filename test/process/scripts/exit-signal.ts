// An agent that runs until it is told to end; its calls wait in a window that is long.
import process from 'node:process';
import { makeRun, newClient, say } from './agent.ts';

const [, , , signals = ''] = process.argv;
const client = newClient({
  batch: { window: 60_000 },
  exitSignals: signals === '' ? [] : signals.split(','),
});
const calls = makeRun(client);
void Promise.all(calls).then(() => say('settled', calls.length));
setInterval(() => {}, 60_000);
say('ready');
