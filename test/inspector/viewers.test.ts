import { expect, test } from 'vitest';
import type { EventStream } from '../../src/inspector/viewers.ts';
import { Viewers } from '../../src/inspector/viewers.ts';

/** A reader that reads only when it is told to. */
function reader() {
  const unread: string[] = [];
  const listeners = new Map<string, () => void>();
  let isDestroyed = false;
  const stream = {
    write(text: string) {
      unread.push(text);
      return true;
    },
    get writableLength() {
      return unread.join('').length;
    },
    on(name: string, listener: () => void) {
      listeners.set(name, listener);
      return stream;
    },
    end: () => stream,
    destroy() {
      isDestroyed = true;
      listeners.get('close')?.();
      return stream;
    },
  };
  return {
    stream: stream as unknown as EventStream,
    read: () => unread.splice(0).join(''),
    unread: () => unread.join('').length,
    isDestroyed: () => isDestroyed,
  };
}

test('a page gets a snapshot first, then changes, each with a number', () => {
  const viewers = new Viewers();
  const one = reader();
  viewers.add(one.stream, '"all"', () => {});
  viewers.tell('"some"', () => '"all"');
  expect(one.read()).toBe(
    'retry: 1000\n\nid: 1\nevent: snapshot\ndata: "all"\n\nid: 2\nevent: changes\ndata: "some"\n\n',
  );
});

test('a page that reads slowly is told nothing more until it has read all, and then everything', () => {
  const viewers = new Viewers();
  const slow = reader();
  viewers.add(slow.stream, '"all"', () => {});
  for (let tick = 0; tick < 20; tick++) viewers.tell('x'.repeat(100_000), () => '"whole"');
  expect(slow.unread()).toBeLessThan(400_000);
  slow.read();
  viewers.tell('"some"', () => '"whole"');
  expect(slow.read()).toMatch(/^id: \d+\nevent: snapshot\ndata: "whole"\n\n$/);
});

test('a page that never reads is dropped, and the others are told all', () => {
  const viewers = new Viewers();
  const [never, other] = [reader(), reader()];
  let left = 0;
  viewers.add(never.stream, '"all"', () => left++);
  viewers.add(other.stream, '"all"', () => {});
  other.read();
  for (let tick = 0; tick < 200; tick++) {
    viewers.tell('x'.repeat(100_000), () => '"whole"');
    expect(other.read()).toContain('event: changes');
  }
  expect([never.isDestroyed(), left, viewers.size]).toEqual([true, 1, 1]);
});
