import type { RemainingCalls } from '../client/client-door.ts';
import { consoleLogger } from '../lib/logger.ts';
import { env, runtime } from '../lib/runtime.ts';
import { tried } from '../lib/user-code.ts';
import type { Missed } from './exit-script.ts';
import { EXIT_SCRIPT } from './exit-script.ts';
import { networkFlags } from './network-flags.ts';

/** The longest that the end of the process waits: as long as `close` does. */
const EXIT_DRAIN_MS = 10_000;

/** What is used of node:child_process. */
interface ChildProcessModule {
  spawnSync(
    file: string,
    args: readonly string[],
    options: object,
  ): { readonly stdout?: unknown; readonly status: number | null };
}

type Remaining = () => RemainingCalls | undefined;

// Shared by all that are made in this thread, since Node takes more than ten listeners for a leak.
const drains = new Set<Remaining>();

/**
 * When the process ends, sends what `remaining` gives: it runs in the last step, in which nothing can be awaited.
 * Returns what forgets it. Does nothing where the runtime is not Node itself.
 */
export function onProcessExit(remaining: Remaining): () => void {
  if (!isNodeItself()) return () => {};
  if (drains.size === 0) runtime.process?.on?.('exit', drainAll);
  drains.add(remaining);
  return () => {
    drains.delete(remaining);
    if (drains.size === 0) runtime.process?.off?.('exit', drainAll);
  };
}

function drainAll(): void {
  for (const remaining of drains) {
    const calls = tried(remaining);
    if (calls === undefined || calls.items.length === 0) continue;
    // Where no process may be started, that throws.
    const what = describe(tried(() => drain(calls)));
    if (what === '') continue;
    const { length } = calls.items;
    consoleLogger.warn(
      `The process has ended with ${length === 1 ? '1 call' : `${length} calls`} pending, and ${what}. Await client.close() before process.exit().`,
    );
  }
}

/** What did not arrive; empty where everything did. */
function describe(missed: Missed | undefined): string {
  if (missed === undefined) return 'not all of them could be sent at its end';
  const { refused, orphans, unsent, status } = missed;
  const count = refused + orphans + unsent;
  const reasons = [
    refused > 0 && `${refused} refused`,
    orphans > 0 && `${orphans} left out, since an id that they need is not known`,
    unsent > 0 && `${unsent} not sent${status === undefined ? '' : ` (HTTP ${status})`}`,
  ].filter((reason) => reason !== false);
  return count === 0 ? '' : `${count} of them did not arrive: ${reasons.join(', ')}`;
}

/**
 * Sends calls by a process of its own. They go by its standard input: the token with them is then in no list of
 * processes, and in no environment. Throws where that process does not tell what became of them.
 */
function drain(calls: RemainingCalls): Missed {
  const { process } = runtime;
  const modules = process?.getBuiltinModule?.('node:child_process') as ChildProcessModule;
  const items = calls.items.map(({ key, pieces, holes, makes }) => ({ key, pieces, holes, makes }));
  const flags = networkFlags(process?.execArgv ?? [], env('NODE_OPTIONS') ?? '');
  const { stdout } = modules.spawnSync(process?.execPath ?? '', [...flags, '-e', EXIT_SCRIPT], {
    input: JSON.stringify({ url: calls.url, headers: calls.headers, items }),
    env: { ...process?.env, ...unwantedVariables },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: EXIT_DRAIN_MS,
    killSignal: 'SIGKILL',
    windowsHide: true,
  });
  return JSON.parse(String(stdout));
}

/** What was meant for this process alone; of its flags, some are handed on. */
const unwantedVariables = {
  NODE_OPTIONS: undefined,
  NODE_V8_COVERAGE: undefined,
  NODE_CHANNEL_FD: undefined,
  PREFACTOR_API_TOKEN: undefined,
};

/** Not Bun, Deno or Electron, and no program that Node is a part of: to start that again would do anything. */
function isNodeItself(): boolean {
  const { versions, execPath } = runtime.process ?? {};
  if (versions?.['node'] === undefined) return false;
  if (['bun', 'deno', 'electron'].some((name) => versions[name] !== undefined)) return false;
  return /(^|[\\/])node(js)?[\d.]*(\.exe)?$/i.test(execPath ?? '');
}
