import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Results } from './results.ts';

export function machine(): Results['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release().split('-', 1)[0]}`,
  };
}

/** Of Node, of this package, and of the contenders that are packages. */
export function versions(): Results['versions'] {
  const own = manifest('../package.json');
  const peers = manifest('peers/package.json');
  const { esbuild: _, ...contenders } = peers.dependencies ?? {};
  return { node: process.versions.node, [own.name]: own.version ?? '', ...contenders };
}

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
}
