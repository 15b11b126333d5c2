import { nearest } from '../lib/nearest.ts';
import { VERSION } from '../lib/version.ts';
import { messageOf } from '../recordings/actions/action-file.ts';
import type { Command, CommandContext, TextOutput } from './command/command.ts';
import { helpOf } from './command/command.ts';
import { CommandFailure, exitCodes, interruption } from './command/failures-exit-codes.ts';
import { demo } from './demo/demo.ts';
import { doctor } from './doctor/doctor.ts';
import { emulator } from './emulator/emulator.ts';
import { importCommand } from './import/import.ts';
import { inspect } from './inspect/inspect.ts';
import { send } from './send/send.ts';
import { printable } from './terminal/printable.ts';
import type { ScreenStream } from './terminal/progress.ts';

export const commands: readonly Command[] = [demo, send, importCommand, emulator, inspect, doctor];

/** The parts of the process that commands use. */
type Process = Omit<CommandContext, 'stdout' | 'stderr' | 'screen'> & {
  readonly stdout: ScreenStream;
  readonly stderr: ScreenStream;
};

/**
 * Runs what the arguments ask for, and gives the exit code. Never rejects: what went wrong is said in
 * a sentence.
 */
export async function main(args: readonly string[], process: Process): Promise<number> {
  const [stdout, stderr] = [printableTo(process.stdout), printableTo(process.stderr)];
  const [name, ...rest] = args;
  if (name === undefined) {
    stderr.write(mainHelp());
    return exitCodes.usage;
  }
  if (name === '--version' || name === '-v') {
    stdout.write(`${VERSION}\n`);
    return exitCodes.ok;
  }
  if (name === '--help' || name === '-h') {
    stdout.write(mainHelp());
    return exitCodes.ok;
  }
  try {
    const command = findCommand(name);
    if (rest.some((arg) => arg === '--help' || arg === '-h')) {
      stdout.write(helpOf(command));
      return exitCodes.ok;
    }
    return await command.execute(rest, { ...process, stdout, stderr, screen: process.stderr });
  } catch (given) {
    // What fails after an interruption fails because of it.
    const isEnded = process.interrupted.aborted && !(given instanceof CommandFailure);
    const error = isEnded ? interruption(process.interrupted) : given;
    stderr.write(`prefactor-autobatch: ${messageOf(error)}\n`);
    return error instanceof CommandFailure ? error.exitCode : exitCodes.failed;
  }
}

function printableTo(stream: ScreenStream): TextOutput {
  return { write: (text) => void stream.write(printable(text)) };
}

function findCommand(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  throw new CommandFailure(
    `There is no command "${name}".${advice} See: prefactor-autobatch --help`,
    exitCodes.usage,
  );
}

function mainHelp(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `prefactor-autobatch ${VERSION}: many calls to the Prefactor API, one bulk request

Usage: prefactor-autobatch COMMAND [OPTIONS]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

  COMMAND --help     its options and examples
  --version          the version of this package

Examples:
  prefactor-autobatch demo
  prefactor-autobatch send runs.ndjson --emulate
  prefactor-autobatch import otlp traces.json --emulate
  prefactor-autobatch emulator --port 4010 --faults status=0.05
  prefactor-autobatch inspect --demo
  prefactor-autobatch doctor

Exit codes: 0 all went well, 1 something failed, 2 the command line is wrong, 130 interrupted.
`;
}
