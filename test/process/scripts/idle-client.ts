// Clients that are never used.
import { newClient, say, sayWhenItEnds } from './agent.ts';

const clients = [
  newClient(),
  newClient({ exitSignals: ['SIGTERM'] }),
  newClient({ disabled: true }),
];
say('made', clients.length);
sayWhenItEnds('the start');
