import { describe, expect, test } from 'vitest';
import { fileIdentities } from '../../../src/cli/send/identities.ts';
import { parseLine } from '../../../src/recordings/actions/action-line.ts';
import type { RecordedAction } from '../../../src/recordings/actions/recorded-action.ts';
import { create, finish, run } from '../../recordings/actions/lines.ts';

const instance = '01m8npfwjrm23ynwy3vyqrpjmzn4ynt9';
const time = '2026-09-01T08:00:00.000Z';

function identitiesOf(lines: readonly object[], salt: readonly string[] = ['file', '']): string[] {
  const identify = fileIdentities(salt, 'client');
  return lines.map((line) => {
    const { key, idIn } = identify(actionOf(line), JSON.stringify(line));
    return `${key} ${idIn(instance, time)}`;
  });
}

function actionOf(line: object): RecordedAction {
  const reading = parseLine(JSON.stringify(line));
  if (reading.kind === 'problem') throw new Error(reading.problem);
  return reading.action;
}

const lines = [...run('r', ['a', 'b']), ...run('s', ['a', 'b'])];

test('the same file gives the same keys and ids, each of them once', () => {
  const first = identitiesOf(lines);
  expect(identitiesOf(lines)).toEqual(first);
  expect(new Set(first).size).toBe(lines.length);
});

test('keys and ids have the forms that the API takes', () => {
  for (const identity of identitiesOf(lines)) {
    expect(identity).toMatch(/^[\w-]{32} [0-7][0-9a-hjkmnp-tv-z]{31}$/);
    expect(identity.slice(43, 49)).toBe(instance.slice(10, 16));
  }
});

describe('another action is', () => {
  const [first = ''] = identitiesOf([create('r', 'a')]);
  test.each([
    ['one of another file', [create('r', 'a')], ['other', '']],
    ['one that is sent again by a word', [create('r', 'a')], ['file', 'again']],
    ['one of another run', [create('s', 'a')], ['file', '']],
    ['one with another content', [create('r', 'a', 1)], ['file', '']],
  ])('%s', (_what, others, salt) => {
    expect(identitiesOf(others, salt)).not.toContain(first);
  });

  test('an equal line further down', () => {
    const same = create('r', 'a');
    expect(new Set(identitiesOf([same, same, same])).size).toBe(3);
  });

  test('an equal line of a run that is registered again', () => {
    const twice = [...run('r', ['a']), ...run('r', ['a'])];
    expect(new Set(identitiesOf(twice)).size).toBe(twice.length);
  });

  test('not one whose neighbours have changed', () => {
    const changed = [...run('r', ['a', 'x', 'b']), finish('r', 'late')];
    const all = new Set(identitiesOf(changed));
    for (const identity of identitiesOf(run('r', ['a', 'b']))) expect(all).toContain(identity);
  });
});

test('where the API makes the ids of spans, none is made here', () => {
  const identify = fileIdentities(['file'], 'server');
  const action = actionOf(create('r', 'a'));
  expect(identify(action, '').idIn(instance, time)).toBeUndefined();
});

test('a run whose id is no PFID gets none either', () => {
  const identify = fileIdentities(['file'], 'client');
  expect(identify(actionOf(create('r', 'a')), '').idIn('run-1', time)).toBeUndefined();
});
