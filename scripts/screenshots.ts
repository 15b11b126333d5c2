// Draws the inspector's page for the documents, in light and in dark: docs/pictures/inspector-*.png. What it shows is made
// up, and the same each time (scripts/screenshots/scene.ts). Needs Chromium.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { listen } from '../src/inspector/http-server.ts';
import { pageFiles } from '../src/inspector/page-files.ts';
import { root } from '../tools/run.ts';
import { scene } from './screenshots/scene.ts';

const server = await listen(
  {
    files: pageFiles(),
    stream: (response) => response.write(`event: snapshot\ndata: ${JSON.stringify(scene())}\n\n`),
  },
  0,
  {},
);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({
    colorScheme,
    viewport: { width: 1260, height: 800 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
  await page.goto(server.url);
  await page.waitForSelector('.lane');
  const path = join(root, `docs/pictures/inspector-${colorScheme}.png`);
  await page.screenshot({ path });
  console.log(path);
}
await browser.close();
await server.close();
