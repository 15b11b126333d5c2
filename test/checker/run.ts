/** One seed under a virtual clock: the same seed, the same story. */
import { Chance } from './chance.ts';
import { Network } from './network.ts';
import type { Plan } from './plan.ts';
import type { ClientClass, Result } from './play.ts';
import { Play } from './play.ts';
import type { Seams } from './seams.ts';
import { PLAIN } from './seams.ts';
import { Story } from './story.ts';
import type { VirtualTime } from './virtual-time.ts';
import { virtualTime } from './virtual-time.ts';

/** Steps of the clock, requests and events after which a run counts as endless. */
const MAX_STEPS = 30_000;
const MAX_REQUESTS = 3_000;
const MAX_EVENTS = 30_000;

export async function check(
  Client: ClientClass,
  plan: Plan,
  { seams = PLAIN, isTold = false }: { readonly seams?: Seams; readonly isTold?: boolean } = {},
): Promise<Result> {
  const time = virtualTime();
  const { random } = Math;
  const chance = new Chance(plan.seed, 'jitter');
  Math.random = () => chance.next();
  const story = new Story(() => time.now(), isTold);
  const onStray = (error: unknown): void =>
    story.fail('stray', error instanceof Error ? (error.stack ?? '') : String(error));
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  try {
    const play = new Play({ Client, plan, time, story, seams, isSeenFromAfar: false });
    const network = new Network(plan, time, play.wire, play.service, seams);
    play.begin({ apiUrl: 'https://api.test', network });
    await live(play, time, story);
    return play.finish();
  } finally {
    process.off('unhandledRejection', onStray);
    process.off('uncaughtException', onStray);
    Math.random = random;
    time.end();
  }
}

/** Goes from timer to timer until none is left, or the client has left some behind. */
async function live(play: Play, time: VirtualTime, story: Story): Promise<void> {
  const { wire } = play;
  await time.settle();
  for (let steps = 0; time.timers > 0; steps++) {
    if (play.isOver && time.foreignTimers > 0) {
      story.fail('at rest', `${time.foreignTimers} timers of the client are set`);
      return;
    }
    const requests = wire.all.length + wire.pings;
    if (steps > MAX_STEPS || requests > MAX_REQUESTS || play.events > MAX_EVENTS) {
      const { length } = wire.all;
      story.fail(
        'endless',
        `${steps} steps, ${length} requests, ${wire.pings} pings, ${play.events} events`,
      );
      return;
    }
    await time.next();
    await time.settle();
    wire.quiet();
  }
}
