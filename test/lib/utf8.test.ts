import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ArenaText } from '../../src/lib/text-arena.ts';

const encoder = new TextEncoder();
const nodesBuffer = Buffer;

/** The modules as such a runtime loads them; it changes nothing of them any more. */
async function moduleIn(surroundings: Readonly<Record<string, unknown>>) {
  vi.resetModules();
  for (const [name, value] of Object.entries(surroundings)) vi.stubGlobal(name, value);
  const { TextArena } = await import('../../src/lib/text-arena.ts');
  const { utf8Length } = await import('../../src/lib/text-arena.ts');
  vi.unstubAllGlobals();
  return { TextArena, utf8Length };
}

afterEach(() => vi.unstubAllGlobals());

function newOwner(): ArenaText {
  return { chunk: undefined, start: 0, bytes: 0, slot: 0 };
}

type Write = (this: Buffer, text: string, start?: number, length?: number) => unknown;

/** A `Buffer` that writes in its own way; what comes of its `allocUnsafeSlow` writes so, too. */
function bufferThat(write: Write) {
  const own = { utf8Write: write };
  return {
    byteLength: nodesBuffer.byteLength,
    allocUnsafeSlow: (size: number) => Object.assign(nodesBuffer.allocUnsafeSlow(size), own),
    prototype: own,
  };
}

const nodesWrite = Reflect.get(Buffer.prototype, 'utf8Write') as Write;

/** As Workers with `nodejs_compat` have it: without a length, it takes that of the whole buffer. */
const workersWrite: Write = function (text, start = 0, given) {
  const length = given ?? this.length;
  if (length > this.length - start) throw new RangeError('The value of "length" is out of range.');
  return nodesWrite.call(this, text, start, length);
};

/** Does all that is tried of it as it is found. */
const failsWithLongTexts: Write = function (text, start) {
  return text.length > 100 ? 0 : nodesWrite.call(this, text, start);
};

const versionsOf = (versions: object) => ({ ...process, versions });
const { node, uv, v8 } = process.versions;

const runtimes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Node: {},
  'a runtime without Buffer': { Buffer: undefined },
  'Workers, which have no versions': {
    Buffer: bufferThat(workersWrite),
    process: versionsOf({}),
  },
  'Workers, which name what Node is made of': {
    Buffer: bufferThat(failsWithLongTexts),
    process: versionsOf({ node, uv: '', v8: '' }),
  },
  'what passes for Node, and throws': { Buffer: bufferThat(workersWrite) },
  'what passes for Node, and does not say how much it wrote': {
    Buffer: bufferThat(function (text, start) {
      nodesWrite.call(this, text, start);
    }),
  },
  'what passes for Node, and writes at another place': {
    Buffer: bufferThat(function (text) {
      return nodesWrite.call(this, text, 0);
    }),
  },
  'what passes for Node, and counts otherwise': {
    Buffer: { ...bufferThat(nodesWrite), byteLength: (text: string) => text.length },
  },
  'a stand-in for Buffer that has half of it': { Buffer: { from: () => undefined } },
  Bun: {
    Buffer: bufferThat(failsWithLongTexts),
    process: versionsOf({ node, uv, v8, bun: '1.4.5' }),
  },
  Deno: {
    Buffer: bufferThat(failsWithLongTexts),
    process: versionsOf({ node, uv, v8, deno: '2.9.6' }),
  },
};

const texts: readonly [string, number][] = [
  ['', 0],
  ['tea', 3],
  ['é', 2],
  ['茶', 3],
  ['🍵', 4],
  ['\ud83c', 3],
  ['\udf75', 3],
  ['\udf75\ud83c', 6],
  ['a🍵é茶'.repeat(500), 5_000],
];

describe.each(Object.keys(runtimes))('in %s', (name) => {
  test.each(texts)(
    '%#: a text has its UTF-8 bytes, and is written at its place',
    async (text, count) => {
      const { utf8Length, TextArena } = await moduleIn(runtimes[name] ?? {});
      expect(utf8Length(text)).toBe(count);
      const arena = new TextArena();
      arena.write('before', newOwner());
      const owner = newOwner();
      arena.write(text, owner);
      const { chunk, start, bytes } = owner;
      expect([start, bytes]).toEqual([7, count]);
      expect(Buffer.from(chunk?.buffer.subarray(7, 7 + count) ?? [])).toEqual(
        Buffer.from(encoder.encode(text)),
      );
    },
  );
});

test("on Node its own way is taken, whatever becomes of Buffer's methods later", async () => {
  const written: string[] = [];
  const write: Write = function (text, start) {
    written.push(text);
    return nodesWrite.call(this, text, start);
  };
  const { TextArena } = await moduleIn({ Buffer: bufferThat(write) });
  const owner = newOwner();
  new TextArena().write('é', owner);
  expect(owner.bytes).toBe(2);
  expect(written.at(-1)).toBe('é');

  const { TextArena: NodesArena } = await moduleIn({});
  new NodesArena().write('é', owner);
  expect(owner.chunk?.buffer).toBeInstanceOf(Buffer);
});
