// The documents as a site: installs its generator, makes it, and checks what was made, also in a browser.
// `npm run docs`; `-- --open` then shows it on this machine; `--base /` if it is to stand elsewhere than
// on GitHub. The last line counts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installLocked } from '../tools/install.ts';
import { must, root } from '../tools/run.ts';
import { defaultBase } from './site/pages.ts';
import { serve } from './site/serve.ts';

const { values } = parseArgs({
  options: { base: { type: 'string', default: defaultBase }, open: { type: 'boolean' } },
});
const { base, open = false } = values;
if (!/^\/(.+\/)?$/.test(base)) {
  console.error(`--base must begin and end with a slash, but it is "${base}".`);
  process.exit(1);
}
const folder = join(root, 'scripts/site');
const env = { ...process.env, SITE_BASE: base };

await installLocked('scripts/site');
await must(
  process.execPath,
  [join(folder, 'node_modules/vitepress/bin/vitepress.js'), 'build', folder],
  { env },
);
if (open) {
  const { url } = await serve(join(folder, 'dist'), base);
  console.log(`The documents: ${url} (end with Ctrl+C)`);
} else {
  const args = ['run', '--config', 'test/site/vitest.config.ts'];
  process.exitCode = spawnSync('vitest', args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
}
