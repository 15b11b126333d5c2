// The suite in a service worker, and the page that starts it.
import { runSuite } from './suite.mjs';

const setup = new URLSearchParams(location.search).get('setup');

if (globalThis.document === undefined) {
  globalThis.addEventListener('install', () => globalThis.skipWaiting());
  globalThis.addEventListener('message', (event) => {
    // The browser ends a worker that nobody waits for.
    event.waitUntil(runSuite({ origin: location.origin, setup }));
  });
} else {
  // No await here: a service worker that has one at its top does not load.
  const script = `/service-worker.js${location.search}`;
  navigator.serviceWorker
    .register(script, { type: 'module', scope: '/service-worker' })
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active.postMessage('begin'));
}
