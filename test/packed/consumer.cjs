// What a CommonJS user does: require() of an ES module, which works since Node 22.12.
const assert = require('node:assert');

assert.equal(typeof require('prefactor-autobatch').AutobatchClient, 'function');
assert.equal(typeof require('prefactor-autobatch/testing').Emulator, 'function');
assert.ok(Object.keys(require('prefactor-autobatch/coalescer')).length > 0);
assert.equal(require('prefactor-autobatch/package.json').name, 'prefactor-autobatch');
