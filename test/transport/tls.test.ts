// A server that nobody vouches for, on each way. One that is trusted: test/process/network.test.ts.
import { createServer } from 'node:https';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { identity } from '../helpers/tls/tls.ts';
import { listen } from './servers.ts';
import { neverSent, sendingOver, ways } from './ways.ts';

test.each(ways)(
  'over %s, a certificate that is not trusted lets nothing be sent, and says so',
  async (way) => {
    let requests = 0;
    const { port } = await listen(createServer(identity, () => requests++));
    const reply = await sendingOver(way)(`https://127.0.0.1:${port}`);
    const lasting = 'the certificate is not trusted';
    expect(reply).toEqual(
      neverSent(way, { kind: 'connection', cause: expect.any(Error), lasting }),
    );
    expect(inspect(reply, { depth: 5 })).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(requests).toBe(0);
  },
);
