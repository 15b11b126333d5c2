import { expect, test } from 'vitest';
import { networkFlags } from '../../src/fetch/network-flags.ts';

test.each([
  [['--use-system-ca'], '', ['--use-system-ca']],
  [['--no-network-family-autoselection'], '', ['--no-network-family-autoselection']],
  [['--tls-cipher-list', 'A:B', '--inspect'], '', ['--tls-cipher-list', 'A:B']],
  [['--tls_min_v1.3', '--openssl-config=a b'], '', ['--tls_min_v1.3', '--openssl-config=a b']],
  [['--import', 'prefactor-autobatch/register', '-e', 'code', '--inspect-brk=0'], '', []],
  [
    ['--dns-result-order=ipv4first'],
    '--use-env-proxy --require ./a.cjs',
    ['--use-env-proxy', '--dns-result-order=ipv4first'],
  ],
  [
    [],
    '  --import "a b" --tls-cipher-list="A \\"B" --use-openssl-ca ',
    ['--tls-cipher-list=A "B', '--use-openssl-ca'],
  ],
])('of %j and NODE_OPTIONS %j, %j decide how requests leave', (execArgv, nodeOptions, flags) => {
  expect(networkFlags(execArgv, nodeOptions)).toEqual(flags);
});
