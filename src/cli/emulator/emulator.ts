import { once } from 'node:events';
import type { EmulatorServer } from '../../testing/index.ts';
import { Emulator } from '../../testing/index.ts';
import type { Command, Surroundings } from '../command/command.ts';
import { CommandFailure, exitCodes } from '../command/failure.ts';
import { help } from './help.ts';
import { introOf, lineOf, summaryOf } from './request-lines.ts';
import { options, readSettings } from './settings.ts';

export const emulator: Command = {
  name: 'emulator',
  summary: 'the API on this machine, with a line for each request, and faults by plan',
  options,
  help,
  run,
};

/** The one token that it takes; it protects nothing. */
const token = 'emulator-token';

async function run(
  args: readonly string[],
  { stdout, interrupted }: Surroundings,
): Promise<number> {
  const settings = await readSettings(args);
  const api = new Emulator({
    ...settings.emulator,
    token,
    // It may run for days, and nobody asks for the lists.
    record: false,
    onAnswer: (answered) => void stdout.write(lineOf(answered, new Date())),
  });
  const server = await listen(api, settings.port);
  stdout.write(introOf(server.url, token));
  if (!interrupted.aborted) await once(interrupted, 'abort');
  await server.close();
  stdout.write(summaryOf(api.report()));
  return exitCodes.ok;
}

async function listen(api: Emulator, port: number): Promise<EmulatorServer> {
  try {
    return await api.listen(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new CommandFailure(
        `Port ${port} is taken. Name another one with --port, or none for a free one.`,
      );
    }
    if (code === 'EACCES') {
      throw new CommandFailure(
        `This user may not listen on port ${port}. Name one above 1023 with --port.`,
      );
    }
    throw new CommandFailure(`The emulator cannot listen on port ${port} (${String(code)}).`);
  }
}
