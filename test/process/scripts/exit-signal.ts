// An agent that runs until it is told to end; its calls wait in a window that is long.
import process from 'node:process';
import { makeRun, newClient, say } from './agent.ts';

const [, , , signals = '', clients = '1'] = process.argv;
const options = {
  batch: { window: 60_000 },
  exitSignals: signals === '' ? [] : signals.split(','),
};
const calls = Array.from({ length: Number(clients) }, () => makeRun(newClient(options))).flat();
void Promise.all(calls).then(() => say('settled', calls.length));
setInterval(() => {}, 60_000);
say('ready');
