// Nobody listens at that address: the calls reject in the end, and nobody looks.
import { makeRun, newClient, say, sayWhenItEnds } from './agent.ts';

const client = newClient({ deliveryTimeoutMs: 500, logger: false });
const calls = makeRun(client);
void Promise.allSettled(calls).then((ends) => {
  say('settled', ends.map((end) => (end.status === 'rejected' ? end.reason.name : 'ok')).join(' '));
  sayWhenItEnds('the last call');
});
