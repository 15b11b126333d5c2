/** S8: recorded runs of real agents, as fast as possible. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mode, Scenario } from './scenario.ts';
import { entry, wide } from './scenario.ts';

const LARGE = fileURLToPath(new URL('../../../shared/data/large.ndjson.gz', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../examples/agent-runs.ndjson', import.meta.url));

/** None where the recording is missing: it is too large to be part of the package. */
export function recordedRuns(mode: Mode): readonly Scenario[] {
  if (mode === 'full' && !existsSync(LARGE)) return [];
  const load = { kind: 'recording', file: mode === 'full' ? LARGE : EXAMPLE } as const;
  return [
    {
      id: 'S8',
      title: 'Recorded agent runs',
      setting:
        mode === 'full'
          ? '46,165 actions of 273 recorded runs in their order, against the emulator, as fast as possible.'
          : 'The example runs in their order, against the emulator, as fast as possible.',
      server: 'emulator',
      columns: ['settled', 'called', 'requests', 'meanBatch', 'perSecond', 'cpuUs'],
      entries: [
        entry('ours', 4, 1, load),
        entry('one by one', 64, 1, load, { label: wide('one by one') }),
      ],
    },
  ];
}
