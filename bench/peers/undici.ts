/** The floor on undici's handler API: no streams, no Response. */
import { Pool } from 'undici';
import type { Caller, Target } from '../contenders/contender.ts';
import { HEADERS } from '../contenders/contender.ts';
import { Floor } from '../contenders/floor.ts';
import type { Outputs, Post } from '../contenders/wire.ts';
import { outputsOf } from '../contenders/wire.ts';

export function make(target: Target): Caller {
  const pool = new Pool(target.url, { connections: target.inFlight, pipelining: 1 });
  return new Floor(target, postBy(pool));
}

function postBy(pool: Pool): Post {
  return (items) =>
    new Promise<Outputs>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let status = 0;
      const body = JSON.stringify({ items });
      pool.dispatch(
        { path: '/api/v1/bulk', method: 'POST', headers: HEADERS, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, statusCode) {
            status = statusCode;
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk);
          },
          onResponseEnd() {
            if (status >= 300) return reject(new Error(`HTTP ${status}`));
            resolve(outputsOf(Buffer.concat(chunks).toString()));
          },
          onResponseError(_controller, error) {
            reject(error);
          },
        },
      );
    });
}
