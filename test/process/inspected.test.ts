import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

test('a page that is open does not hold the process', async () => {
  const { code, stdout, stderr } = await runScript('inspected.ts');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'over\n', stderr: '' });
});
