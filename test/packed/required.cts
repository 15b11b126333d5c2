// A user's program that becomes CommonJS: only its types are checked. What require() loads: consumer.cjs.
import prefactor = require('prefactor-autobatch');
import coalescer = require('prefactor-autobatch/coalescer');

import { Emulator } from 'prefactor-autobatch/testing';

const client = new prefactor.AutobatchClient({ apiToken: 'token', fetch: new Emulator().fetch });
export const closed: Promise<prefactor.Ledger> = client.close();
export const engine: typeof coalescer.Coalescer = coalescer.Coalescer;
