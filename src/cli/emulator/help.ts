import { faultNames } from './fault-plan.ts';

const width = Math.max(...Object.keys(faultNames).map(({ length }) => length));
const faults = Object.entries(faultNames)
  .map(([name, what]) => `    ${name.padEnd(width)}  ${what}`)
  .join('\n');

export const help: string = `A local server that is the API as far as its rules are known: it keeps state in memory, refuses
what breaks the contract, and fails where it is told to. It needs no account and no network.

Usage: prefactor-autobatch emulator [OPTIONS]

  --port N       the port on 127.0.0.1 (a free one)
  --rtt MS       the round trip of each request in milliseconds (0)
  --faults PLAN  what goes wrong, at random
  --seed N       the same faults and ids for the same seed and calls (1)

It prints what to put into the environment of a client, then a line for each request: when it was
answered, method and route, status ("dropped" where there was no whole answer), items and what
became of them, bytes, milliseconds, and the fault that fired. Ctrl-C ends it, with a summary.

PLAN is a list of rates from 0 to 1, such as status=0.05,dropAfter=0.02. A request has one of these
at most, so that their rates add up to 1 or less. It is a bulk request, unless the list has
on=single, on=ping, on=any, or one single endpoint, such as on=agent_instances/register:
${faults}
The last two are rates of items. PLAN may also be a JSON text, or @FILE for a file of it: the whole
FaultPlan of prefactor-autobatch/testing, for example
  {"rates":{"status":0.1,"delay":0.2},"statuses":[429],"retryAfter":1,"maxDelayMs":500}

Exit codes: 0 ended by Ctrl-C, 1 it could not listen, 2 the command line is wrong.

Examples:
  prefactor-autobatch emulator
  prefactor-autobatch emulator --port 4010 --rtt 40 --faults itemPermanent=0.01,status=0.05
`;
