// Calls that nobody awaits; the process is left to itself.
import { makeRun, newClient, say, sayWhenItEnds } from './agent.ts';

const calls = makeRun(newClient());
void Promise.all(calls).then(() => {
  say('settled', calls.length);
  sayWhenItEnds('the last call');
});
