/** One contender, one load, one round: in a process of its own, which then ends. */
import type { Caller, Contender } from './contenders/contender.ts';
import { makeContender } from './contenders/index.ts';
import type { Command, Job, Measured, Message } from './job.ts';
import { burst, burstUntold } from './loads/burst.ts';
import { cascade } from './loads/cascade.ts';
import { coldStart } from './loads/cold-start.ts';
import { oneAtATime } from './loads/one-at-a-time.ts';
import { pending } from './loads/pending.ts';
import { sendRecording } from './loads/recording.ts';
import { steady, steadyUntold } from './loads/steady.ts';

async function measure(job: Job, url: string): Promise<Measured> {
  const { contender: name, inFlight, rest, load } = job;
  const target = rest === undefined ? { url, inFlight } : { url, inFlight, rest };
  if (load.kind === 'recording') return sendRecording(name, target, load.file);
  if (load.kind === 'cold start') return coldStart(name, url);
  const contender = await makeContender(name, target);
  switch (load.kind) {
    case 'burst':
      return contender.kind === 'caller'
        ? burst(contender, load, tell)
        : burstUntold(contender, load);
    case 'steady':
      return contender.kind === 'caller'
        ? steady(contender, load, tell)
        : steadyUntold(contender, load);
    case 'one at a time':
      return oneAtATime(needCaller(contender), load.calls);
    case 'pending':
      return pending(needCaller(contender), load.calls, tell);
    case 'cascade':
      return cascade(needCaller(contender), load.descendants);
    default:
      return load satisfies never;
  }
}

function needCaller(contender: Contender): Caller {
  if (contender.kind === 'caller') return contender;
  throw new Error('This contender does not answer its calls.');
}

/** Has the runner tell the server something. */
function tell(command: Command): Promise<void> {
  const told = new Promise<void>((resolve) => process.once('message', () => resolve()));
  say({ kind: 'tell', command });
  return told;
}

function say(message: Message): void {
  process.send?.(message);
}

process.once('disconnect', () => process.exit());
const [, , job = '', url = ''] = process.argv;
try {
  const measured = await measure(JSON.parse(job) as Job, url);
  say({ kind: 'measured', measured });
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say({ kind: 'failed', message });
}
