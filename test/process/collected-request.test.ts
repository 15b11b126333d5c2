// A Request that is collected stops following its signal, so it is kept until the attempt is over.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { startScript } from '../helpers/child.ts';

test.each(['hands it on', 'asks for its parts', 'never comes back from it'])(
  'a fetch that %s is cut off when its attempt is given up, whatever was collected meanwhile',
  async (way) => {
    const inFlight = deferred<void>();
    const cutOff = deferred<void>();
    // Has each request, and never answers.
    const server = createServer((request, response) => {
      response.on('close', cutOff.resolve);
      request.resume().on('end', inFlight.resolve);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = startScript('collected-request.ts', [url, way], ['--expose-gc']);
    await inFlight.promise;
    child.kill('SIGUSR2');
    await cutOff.promise;
    const ended = { code: 0, stdout: 'PrefactorClosedError\nlet go\n', stderr: '' };
    expect(await child.ended).toMatchObject(ended);
  },
  30_000,
);
