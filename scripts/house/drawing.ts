/** The house as a picture, for light and dark pages. */
import { element, text } from '../../bench/plots/svg.ts';
import type { Place } from './floors.ts';
import { build, middleOf } from './floors.ts';
import type { Room } from './rooms.ts';
import { reduced } from './rooms.ts';

const WIDTH = 900;
const MARGIN = 20;
const TOP = 66;
const ROOM = 50;
const FLOOR = 90;
const GAP = 20;
/** Where the house begins: half a gap is left free on either side of each room. */
const LEFT = MARGIN - GAP / 2;

/** What a room is for, in a few words; one that is new does without. */
const purposes: Readonly<Record<string, string>> = {
  'action-promise.ts': 'what a call returns',
  'busy-periods.ts': 'waitUntil',
  'cli/': 'the command line',
  'client-events.ts': 'listeners, log',
  'client.ts': 'builds the parts and joins them',
  'coalescer/': 'the engine: queue, order, batches, retries',
  'errors/': 'error classes, and which is for what',
  'exit-signals.ts': 'exitSignals',
  'failure-notice.ts': 'unheard failures',
  'ids/': 'ids and keys',
  'index.ts': 'the public names',
  'internal/': 'clock, bytes, warnings, small checks',
  'options.ts': 'every option',
  'parse-options.ts': 'checked and completed',
  'reason-words.ts': 'reasons in words',
  'resources/': 'what users call: a call becomes an item',
  'schemas/': "the wire's names and ours",
  'server-log.ts': 'outages, in the log',
  'surroundings.ts': 'pagehide',
  'testing/': 'the emulator',
  'to-error.ts': 'reasons as errors',
  'to-record.ts': 'what is kept of them',
  'transport/': 'one attempt of one request',
  'window.ts': 'when a window ends',
};

export function drawingOf(rooms: readonly Room[]): string {
  const { floors, arrows } = build(
    reduced(rooms),
    (room) => widthOf(room) + GAP,
    WIDTH - 2 * MARGIN + GAP,
  );
  const height = TOP + floors.length * FLOOR;
  const topOf = ({ floor }: Place): number => TOP + (floors.length - 1 - floor) * FLOOR;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    '<title>The house: folders of src/ and what they import</title>',
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    text(MARGIN, 28, 'title', 'The house'),
    text(
      MARGIN,
      47,
      'soft',
      'An arrow: imports from. Arrows that follow from others are left out.',
    ),
    ...arrows.map((way) => arrow(way, topOf)),
    ...floors.flat().map((place) => drawn(place, topOf(place))),
    text(
      MARGIN,
      height - 14,
      'soft small',
      'Filled: a folder; else a file. In blue: what users import or run. In italics: packages.',
    ),
    '</svg>',
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function widthOf(room: Room): number {
  const { name, packages, door = '' } = room;
  const head = 8.2 * name.length + 6.4 * packages.join(', ').length;
  const foot = 6.3 * (purposes[name] ?? '').length + 6.3 * door.length;
  const between = packages.length > 0 || door !== '' ? 14 : 0;
  return Math.round(Math.max(head, foot) + between + 20);
}

function drawn({ room, x, width: taken }: Place, top: number): string {
  if (room === undefined) return '';
  const left = x + LEFT + GAP / 2;
  const width = taken - GAP;
  const { name, packages, door } = room;
  return [
    element('rect', {
      x: left,
      y: top,
      width,
      height: ROOM,
      rx: 4,
      class: name.endsWith('/') ? 'room folder' : 'room',
    }),
    text(left + 10, top + 20, 'name', name),
    packages.length > 0
      ? text(left + width - 10, top + 20, 'soft package end', packages.join(', '))
      : '',
    text(left + 10, top + 38, 'soft', purposes[name] ?? ''),
    door === undefined ? '' : text(left + width - 10, top + 38, 'door end', door),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Straight through rooms' floors, curved between them. */
function arrow(way: readonly Place[], topOf: (place: Place) => number): string {
  const [from, ...rest] = way;
  if (from === undefined) return '';
  let [x, y] = [exitOf(from, rest[0]), topOf(from) + ROOM];
  let path = `M${round(x)} ${round(y)}`;
  for (const place of rest) {
    const next = entryOf(place, x);
    const top = topOf(place);
    const bend = (top - y) / 2;
    path += `C${round(x)} ${round(y + bend)} ${round(next)} ${round(top - bend)} ${round(next)} ${round(top)}`;
    if (place.room === undefined) path += `V${round(top + ROOM)}`;
    [x, y] = [next, top + ROOM];
  }
  return `<path class="arrow" d="${path}" marker-end="url(#tip)"/>`;
}

/** Arrows leave a room side by side, in the order of where they go. */
function exitOf(from: Place, to: Place | undefined): number {
  const sorted = [...from.below].sort((a, b) => middleOf(a) - middleOf(b));
  const index = to === undefined ? 0 : sorted.indexOf(to);
  return LEFT + from.x + (from.width * (index + 1)) / (sorted.length + 1);
}

/** And come in side by side, by where they come from. */
function entryOf(to: Place, from: number): number {
  if (to.room === undefined) return LEFT + middleOf(to);
  const sorted = to.above.map((place) => LEFT + middleOf(place)).sort((a, b) => a - b);
  const nearest = sorted.reduce(
    (best, middle, index) =>
      Math.abs(middle - from) < Math.abs((sorted[best] ?? Number.POSITIVE_INFINITY) - from)
        ? index
        : best,
    0,
  );
  return LEFT + to.x + (to.width * (nearest + 1)) / (sorted.length + 1);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #59636e }
.title { font-size: 16px; font-weight: 600 }
.name { font-size: 13px; font-weight: 600; fill: #24292f }
.small { font-size: 11px }
.package { font-style: italic }
.end { text-anchor: end }
.door { fill: #0969da }
.room { fill: #fff; stroke: #8c959f }
.folder { fill: #eaf2fb; stroke: #6e7781 }
.arrow { fill: none; stroke: #8c959f; stroke-width: 1.2 }
.tip { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #9aa4af }
  .title, .name { fill: #e6edf3 }
  .door { fill: #4493f8 }
  .room { fill: #0d1117; stroke: #656c76 }
  .folder { fill: #172231 }
}`;
