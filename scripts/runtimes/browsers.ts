// Set-ups in browsers of Debian, without a driver: each is started with the address of a page, and the page
// reports its checks.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import type { SetUp } from './set-up.ts';
import type { SuiteServer } from './suite-server.ts';

interface Browser {
  readonly command: string;
  args(profile: string): readonly string[];
  readonly preferences?: string;
}

const chromium: Browser = {
  command: 'chromium',
  args: (profile) => [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Without this, Chromium ends as soon as the page is loaded.
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ],
};

/** Features that call other servers, or put a dialog over the page. */
const off = [
  'app.normandy.enabled',
  'app.update.enabled',
  'browser.aboutwelcome.enabled',
  'browser.safebrowsing.malware.enabled',
  'browser.safebrowsing.phishing.enabled',
  'browser.shell.checkDefaultBrowser',
  'datareporting.healthreport.uploadEnabled',
  'datareporting.policy.dataSubmissionEnabled',
  'extensions.update.enabled',
  'network.captive-portal-service.enabled',
  'network.connectivity-service.enabled',
  'toolkit.telemetry.enabled',
];

const firefox: Browser = {
  command: 'firefox-esr',
  args: (profile) => ['--headless', '--no-remote', '--profile', profile],
  preferences: off.map((name) => `user_pref("${name}", false);\n`).join(''),
};

const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self' http://127.0.0.1:9; report-uri /reported";

export const browsers: readonly SetUp[] = [
  setUp('Chromium, page', chromium, '/page'),
  setUp('Chromium, page with a policy', chromium, '/page-with-policy'),
  setUp('Chromium, service worker', chromium, '/service-worker'),
  setUp('Firefox, page', firefox, '/page'),
  setUp('Firefox, page with a policy', firefox, '/page-with-policy'),
];

/** Serves the pages of the suite; once for all browsers. */
export async function servePages(server: SuiteServer, project: string): Promise<void> {
  for (const name of ['page', 'leaving', 'service-worker']) {
    const text = await bundled(join(project, `${name}.mjs`), ['browser']);
    server.files.set(`/${name}.js`, { type: 'text/javascript', text });
  }
  const html = (script: string): string =>
    `<!doctype html><title>Suite</title><script type="module" src="/${script}.js"></script>`;
  const page = { type: 'text/html', text: html('page') };
  server.files.set('/page', page);
  server.files.set('/page-with-policy', {
    ...page,
    headers: { 'content-security-policy': policy },
  });
  server.files.set('/service-worker', { type: 'text/html', text: html('service-worker') });
  for (const path of ['/leave', '/left'])
    server.files.set(path, { type: 'text/html', text: html('leaving') });
}

function setUp(name: string, { command, args, preferences }: Browser, path: string): SetUp {
  return {
    name,
    async run({ server, ended }, signal) {
      const profile = mkdtempSync(join(tmpdir(), 'browser-'));
      if (preferences !== undefined) writeFileSync(join(profile, 'user.js'), preferences);
      const url = `${server.origin}${path}?${new URLSearchParams({ setup: name })}`;
      const child = spawn(command, [...args(profile), url], {
        // A browser is many processes, so it gets a group that can be ended as a whole.
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, HOME: profile },
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      const over = new Promise<void>((resolve) => {
        child.once('close', () => resolve());
      });
      const failed = new Promise<never>((_, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`it ended early, with ${code}\n${said}`)));
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      try {
        await Promise.race([ended, failed]);
      } finally {
        failed.catch(() => {});
        end(child);
        await over;
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

/** Ends the browser and all processes of its group. */
function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
