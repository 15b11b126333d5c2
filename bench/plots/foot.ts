import type { Results } from '../results.ts';

export function footOf({ date, mode, machine, versions }: Results): string {
  const { node, 'prefactor-autobatch': own } = versions;
  const look = mode === 'full' ? '' : ` A ${mode} run, only for a look.`;
  return `prefactor-autobatch ${own}, Node ${node}, ${machine.cores} cores (${machine.cpu}), ${date}.${look}`;
}
