import { once } from 'node:events';
import { AutobatchClient } from '../../index.ts';
import { clientSource } from '../../inspector/client-source.ts';
import { PageInspector } from '../../inspector/inspector.ts';
import type { InspectorServer } from '../../inspector/inspector-server.ts';
import { messageOf } from '../../recordings/actions/action-file.ts';
import { Emulator } from '../../testing/index.ts';
import { EMULATOR_TOKEN } from '../../testing/options/emulator-options.ts';
import { flag, option, text } from '../command/arguments.ts';
import type { Command } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, exitCodes } from '../command/failures-exit-codes.ts';
import { aPort, behaviour, listenEmulator } from '../emulator/emulator.ts';
import { readFaultPlan } from '../emulator/fault-plan.ts';
import { demoLoad } from './demo-load.ts';
import { EmulatorSource } from './emulator-source.ts';

/** So that a demo has something to show. */
const DEMO_FAULTS = 'itemPermanent=0.01,itemTransient=0.004,status=0.02';
const DEMO_ROUND_TRIP_MS = 60;

export const inspect: Command = defineCommand({
  name: 'inspect',
  summary: 'the emulator with a live page beside it: requests, items, failures in words',
  about:
    'A local server that is the API as far as its rules are known, and a page that shows each request that it gets, live. It needs no account and no network. To see what the client in a program of your own does, call createInspector(client).listen(4020) there (prefactor-autobatch/inspector).',
  options: {
    port: option('N', aPort, 'the port of the page (a free one)'),
    host: option('HOST', text('an address of this machine'), 'where the page listens (127.0.0.1)'),
    'api-port': option('N', aPort, 'the port of the emulator on 127.0.0.1 (a free one)'),
    demo: flag('a client sends it runs of agents, and has a page of its own'),
    ...behaviour,
  },
  exitCodes: '0 ended by Ctrl-C, 1 it could not listen, 2 the command line is wrong.',
  examples: [
    'prefactor-autobatch inspect --demo',
    'prefactor-autobatch inspect --port 4020 --api-port 4010 --faults itemPermanent=0.01',
  ],
  async execute({ options }, { stdout, interrupted }) {
    const { port = 0, host, 'api-port': apiPort = 0, demo } = options;
    const source = new EmulatorSource();
    const faults = options.faults ?? (demo ? DEMO_FAULTS : undefined);
    const api = new Emulator({
      latencyMs: options.rtt > 0 || !demo ? options.rtt : DEMO_ROUND_TRIP_MS,
      seed: options.seed,
      ...(faults !== undefined && { faults: await readFaultPlan(faults) }),
      record: false,
      ...source.hooks,
    });
    const server = await listenEmulator(api, apiPort);
    const inspectors = [new PageInspector(source, { title: 'emulator', always: true })];
    const client = demo ? demoClient(server.url) : undefined;
    if (client !== undefined) {
      const settings = { title: 'demo', always: true };
      inspectors.push(new PageInspector(clientSource(client, Date.now), settings));
    }
    try {
      const [page, demoPage] = await listenAll(inspectors, port, host);
      stdout.write(textOf(server.url, page?.url ?? '', demoPage?.url));
      const load = client === undefined ? undefined : demoLoad(client, interrupted);
      if (!interrupted.aborted) await once(interrupted, 'abort');
      await load;
    } finally {
      await client?.close({ timeoutMs: 0 });
      await Promise.all(inspectors.map((one) => one.close()));
      await server.close();
    }
    return exitCodes.ok;
  },
});

function demoClient(apiUrl: string): AutobatchClient {
  return new AutobatchClient({ apiUrl, apiToken: EMULATOR_TOKEN, logger: false });
}

/** The page of the demo's client gets a free port. */
async function listenAll(
  [first, ...others]: readonly PageInspector[],
  port: number,
  host: string | undefined,
): Promise<(InspectorServer | undefined)[]> {
  try {
    const pages = [await first?.listen(port, { host })];
    for (const other of others) pages.push(await other.listen(0, { host }));
    return pages;
  } catch (error) {
    throw new CommandFailure(messageOf(error));
  }
}

function textOf(apiUrl: string, page: string, demoPage: string | undefined): string {
  const pages =
    demoPage === undefined
      ? `The page of what the emulator sees:

  ${page}
`
      : `The page of what the demo's client does:

  ${demoPage}

The page of what the emulator sees:

  ${page}
`;
  return `${pages}
In the shell of a client, so that its requests are seen:

  export PREFACTOR_API_URL=${apiUrl}
  export PREFACTOR_API_TOKEN=${EMULATOR_TOKEN}

Ctrl-C ends it.

`;
}
