/** The rooms of the house: folders of src/, and the files beside them, with what each imports. */

export interface Room {
  /** A folder with its slash, or a file. */
  readonly name: string;
  /** Other rooms that it imports from. */
  readonly uses: readonly string[];
  /** Packages, with all of Node's modules as one. */
  readonly packages: readonly string[];
  /** How users reach it: an entry of the package, or a command. */
  readonly door: string | undefined;
}

/** The part of package.json that says where users come in. */
export interface Doors {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** `sources`: the text of each file by its path within src/. */
export function roomsOf(sources: ReadonlyMap<string, string>, doors: Doors): Room[] {
  const uses = new Map<string, Set<string>>();
  const packages = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const room = roomOf(path);
    const rooms = uses.get(room) ?? new Set();
    const names = packages.get(room) ?? new Set();
    for (const name of importsIn(text)) {
      if (name.startsWith('.'))
        rooms.add(roomOf(new URL(name, `file:///${path}`).pathname.slice(1)));
      else names.add(packageOf(name));
    }
    rooms.delete(room);
    uses.set(room, rooms);
    packages.set(room, names);
  }
  return [...uses.keys()].sort().map((name) => ({
    name,
    uses: [...(uses.get(name) ?? [])].sort(),
    packages: [...(packages.get(name) ?? [])].sort(),
    door: doorOf(name, doors),
  }));
}

/** Without what follows from the rest: who uses A, which uses B, may use B as well. */
export function reduced(rooms: readonly Room[]): Room[] {
  const byName = new Map(rooms.map((room) => [room.name, room]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (byName.get(from)?.uses ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return rooms.map((room) => ({
    ...room,
    uses: room.uses.filter(
      (to) => !room.uses.some((other) => other !== to && reaches(other, to, new Set([to]))),
    ),
  }));
}

function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/');
  return rest.length > 0 ? `${first}/` : first;
}

function importsIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const forms = /\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;
  return [...code.matchAll(forms)].map(([, from, other]) => from ?? other ?? '');
}

function packageOf(name: string): string {
  if (name.startsWith('node:')) return 'node:';
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

function doorOf(room: string, { name, exports, bin = {} }: Doors): string | undefined {
  const isHere = (path: string): boolean => {
    const [, within] = /^(?:\.\/)?dist\/(.+)\.js$/.exec(path) ?? [];
    return within !== undefined && (`${within}.ts` === room || within.startsWith(room));
  };
  const [entry] = Object.entries(exports).find(([, path]) => isHere(path)) ?? [];
  if (entry !== undefined) return entry === '.' ? name : `…${entry.slice(1)}`;
  const [command] = Object.entries(bin).find(([, path]) => isHere(path)) ?? [];
  return command === undefined ? undefined : `npx ${command}`;
}
