/** Puts rooms on floors: each above all that it uses, and close to those who use it. */
import type { Room } from './rooms.ts';

/** A place on a floor: a room, or where an arrow passes between two rooms. */
export interface Place {
  /** Undefined where an arrow passes. */
  readonly room: Room | undefined;
  readonly floor: number;
  readonly width: number;
  /** Its left edge. */
  x: number;
  readonly above: Place[];
  readonly below: Place[];
}

export interface House {
  /** From the ground up; each from left to right. */
  readonly floors: readonly (readonly Place[])[];
  /** The places that each arrow runs through, from a room to one that it uses. */
  readonly arrows: readonly (readonly Place[])[];
}

const SWEEPS = 24;
const PASSAGE = 14;

/** `widthOf`: how wide a room is drawn, with what is left free beside it. */
export function build(
  rooms: readonly Room[],
  widthOf: (room: Room) => number,
  width: number,
): House {
  const floorOf = floorsOf(rooms);
  const floors: Place[][] = Array.from({ length: Math.max(...floorOf.values()) + 1 }, () => []);
  const put = (room: Room | undefined, floor: number, roomWidth: number): Place => {
    const place: Place = { room, floor, width: roomWidth, x: 0, above: [], below: [] };
    floors[floor]?.push(place);
    return place;
  };
  const places = new Map(
    rooms.map((room) => [room.name, put(room, floorOf.get(room.name) ?? 0, widthOf(room))]),
  );
  const arrows = rooms.flatMap(({ name, uses }) =>
    uses.map((used) => {
      const from = places.get(name);
      const to = places.get(used);
      if (from === undefined || to === undefined) throw new Error(`${name} uses ${used}: no room`);
      const way = [from];
      for (let floor = from.floor - 1; floor > to.floor; floor--) {
        way.push(put(undefined, floor, PASSAGE));
      }
      way.push(to);
      for (const [index, place] of way.slice(1).entries()) {
        way[index]?.below.push(place);
        place.above.push(way[index] ?? from);
      }
      return way;
    }),
  );
  arrange(floors, width);
  return { floors, arrows };
}

/** The ground is 0. Whoever is used more than it uses stands right below its lowest user. */
function floorsOf(rooms: readonly Room[]): Map<string, number> {
  const byName = new Map(rooms.map((room) => [room.name, room]));
  const floors = new Map<string, number>();
  const lowest = (name: string, above: readonly string[]): number => {
    if (above.includes(name)) {
      throw new Error(
        `Imports run in a circle: ${[...above, name].join(' → ')}. Move what is shared down.`,
      );
    }
    const known = floors.get(name);
    if (known !== undefined) return known;
    const uses = byName.get(name)?.uses ?? [];
    const floor = Math.max(-1, ...uses.map((used) => lowest(used, [...above, name]))) + 1;
    floors.set(name, floor);
    return floor;
  };
  for (const { name } of rooms) lowest(name, []);
  const topDown = [...rooms].sort(
    (a, b) => (floors.get(b.name) ?? 0) - (floors.get(a.name) ?? 0) || (a.name < b.name ? -1 : 1),
  );
  for (const { name, uses } of topDown) {
    const users = rooms.filter((room) => room.uses.includes(name));
    if (users.length <= uses.length) continue;
    floors.set(name, Math.min(...users.map((user) => floors.get(user.name) ?? 0)) - 1);
  }
  return floors;
}

/** Orders each floor by the middles of its neighbours, and moves its places towards them. */
function arrange(floors: readonly Place[][], width: number): void {
  for (const floor of floors) spread(floor, width);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const floor of isDown ? [...floors].reverse() : floors) {
      const wanted = new Map(floor.map((place) => [place, wantedMiddle(place, isDown)]));
      floor.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      for (const place of floor) place.x = (wanted.get(place) ?? 0) - place.width / 2;
      separate(floor, width);
    }
  }
}

function spread(floor: readonly Place[], width: number): void {
  const taken = floor.reduce((sum, place) => sum + place.width, 0);
  let x = (width - taken) / 2;
  for (const place of floor) {
    place.x = x;
    x += place.width;
  }
}

function wantedMiddle(place: Place, isDown: boolean): number {
  const asked = isDown ? place.above : place.below;
  const neighbours = asked.length > 0 ? asked : [...place.above, ...place.below];
  if (neighbours.length === 0) return middleOf(place);
  return neighbours.reduce((sum, one) => sum + middleOf(one), 0) / neighbours.length;
}

export function middleOf({ x, width }: Place): number {
  return x + width / 2;
}

/** Pushes neighbours apart, first to the right and then back within the picture. */
function separate(floor: readonly Place[], width: number): void {
  let least = 0;
  for (const place of floor) {
    place.x = Math.max(place.x, least);
    least = place.x + place.width;
  }
  let most = width;
  for (const place of [...floor].reverse()) {
    place.x = Math.min(place.x, most - place.width);
    most = place.x;
  }
}
