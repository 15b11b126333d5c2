import type { Contender, Make, Target } from './contender.ts';
import { Floor } from './floor.ts';
import { makeDirect, makeOneByOne } from './one-by-one.ts';
import { postByFetch } from './wire.ts';

export const CONTENDERS = [
  'ours',
  'ours, global fetch',
  'ours, beforeEnqueue',
  'ours, all listeners',
  'ours, a signal a call',
  'ours, small runs',
  'floor-fetch',
  'floor-dispatch',
  'dataloader+fetch',
  'dataloader+ky',
  'batshit+fetch',
  'pacer+fetch',
  'p-queue+fetch',
  'one by one',
  'direct fetch',
  'nothing',
  '@prefactor/core',
  'OpenTelemetry',
  'langsmith',
] as const;

export type ContenderName = (typeof CONTENDERS)[number];

export async function makeContender(name: ContenderName, target: Target): Promise<Contender> {
  switch (name) {
    case 'ours': {
      const { makeOurs } = await import('./ours.ts');
      return makeOurs(target);
    }
    case 'ours, global fetch': {
      const { makeOurs } = await import('./ours.ts');
      const { fetch } = globalThis;
      globalThis.fetch = (...call) => fetch(...call);
      return makeOurs(target);
    }
    case 'ours, beforeEnqueue':
      return (await import('./ours-with.ts')).makeWithHook(target);
    case 'ours, all listeners':
      return (await import('./ours-with.ts')).makeWithListeners(target);
    case 'ours, a signal a call':
      return (await import('./ours-with.ts')).makeWithSignals(target);
    case 'ours, small runs':
      return (await import('./ours-with.ts')).makeOfRuns(target);
    case 'floor-fetch':
      return new Floor(target, postByFetch(target.url));
    case 'one by one':
      return makeOneByOne(target);
    case 'direct fetch':
      return makeDirect(target);
    case 'nothing':
      return { kind: 'caller', create: async () => {}, close: async () => {} };
    case 'floor-dispatch':
      return (await peer('undici'))(target);
    case 'dataloader+fetch':
      return (await peer('dataloader-fetch'))(target);
    case 'dataloader+ky':
      return (await peer('dataloader-ky'))(target);
    case 'batshit+fetch':
      return (await peer('batshit'))(target);
    case 'pacer+fetch':
      return (await peer('pacer'))(target);
    case 'p-queue+fetch':
      return (await peer('p-queue'))(target);
    case '@prefactor/core':
      return (await peer('prefactor-core'))(target);
    case 'OpenTelemetry':
      return (await peer('opentelemetry'))(target);
    case 'langsmith':
      return (await peer('langsmith'))(target);
    default:
      return name satisfies never;
  }
}

/** By address: where the peers are not installed, no other file may name what needs them. */
async function peer(file: string): Promise<Make> {
  const { make } = await import(new URL(`../peers/${file}.ts`, import.meta.url).href);
  return make as Make;
}
