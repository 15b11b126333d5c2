/** What has to be there before anything is measured: the built package, and the peers. */
import { installLocked } from '../tools/install.ts';
import { must } from '../tools/run.ts';

const PEERS = 'bench/peers';

/** Built anew each time, so that the figures are those of the source as it is. */
export async function build(): Promise<void> {
  await must(process.execPath, ['scripts/build.ts']);
}

/** They are no dependencies of the package. */
export async function installPeers(): Promise<void> {
  await installLocked(PEERS);
}

/** The files beside the peers are checked only here, since no other check has the peers. */
export async function checkPeerTypes(): Promise<void> {
  await must('tsc', ['-p', PEERS]);
}

export async function bundleKb(): Promise<number> {
  const file = new URL('peers/bundle-size.ts', import.meta.url).href;
  const { bundleKb } = (await import(file)) as { bundleKb: () => Promise<number> };
  return bundleKb();
}
