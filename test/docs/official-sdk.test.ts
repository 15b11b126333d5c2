import { expect, test } from 'vitest';
import { fieldsOf } from './declared.ts';
import { documentAt, rowsOf, spansOf } from './markdown.ts';

const page = documentAt('docs/guide/official-sdk.md');

test('the table of options has each option of the batching fetch, with its default', () => {
  const [, table = ''] = page.split('| option | type | default | meaning |\n');
  const rows = rowsOf(`| option | type | default | meaning |\n${table.split('\n\n')[0]}`);
  const found = rows.map(([name = '', , standard = '']) => [
    spansOf(name)[0],
    standard.replaceAll('`', ''),
  ]);
  const declared = fieldsOf('fetch/fetch-options.ts', 'BatchingFetchOptions');
  expect(found.sort()).toEqual(
    declared.map(({ name, defaultsTo }) => [name, defaultsTo?.replaceAll('`', '')]).sort(),
  );
});
