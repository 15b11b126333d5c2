import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A certificate of 127.0.0.1 that nobody vouches for. */
export const certificatePath: string = fileURLToPath(new URL('certificate.pem', import.meta.url));

/** What an https server needs to show it. */
export const identity = {
  cert: readFileSync(certificatePath),
  key: readFileSync(new URL('key.pem', import.meta.url)),
};
