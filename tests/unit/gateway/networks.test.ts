import { describe, expect, test } from 'vitest';
import { Networks, sourceBehind, sourceKey } from '../../../server/gateway/networks.ts';

function networks(...texts: readonly string[]): Networks {
  const parsed = Networks.parse(texts);
  if (!parsed.ok) throw new Error(`bad: ${texts[parsed.error]}`);
  return parsed.value;
}

describe('networks', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '::1', true],
    ['::1', 'localhost', false],
    ['10.0.0.0/8', '', false],
  ])('%s holds %s: %s', (network, address, inside) => {
    expect(networks(network).includes(address)).toBe(inside);
  });

  test.each([
    '',
    'any',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'fe80::1%eth0/64',
  ])('"%s" is no network', (text) => {
    expect(Networks.parse(['10.0.0.0/8', text])).toEqual({ ok: false, error: 1 });
  });
});

describe('the source behind proxies', () => {
  const trusted = networks('10.0.0.1', '10.0.0.2');
  test.each<readonly [string, string | undefined, string, string]>([
    ['192.0.2.7', '203.0.113.9', '192.0.2.7', 'a stranger says what it likes'],
    ['10.0.0.1', undefined, '10.0.0.1', 'the proxy itself'],
    ['10.0.0.1', '203.0.113.9', '203.0.113.9', 'one proxy'],
    ['10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9', 'two proxies'],
    ['10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9', 'a client that lies in front of it'],
    ['::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9', 'a mapped address'],
  ])('%s with %s is %s: %s', (remote, forwarded, source) => {
    expect(sourceBehind(trusted, remote, forwarded)).toBe(source);
  });
});

describe('failures are counted', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:7::1', '2001:db8:0:7::/64'],
    ['2001:db8:0:7:ffff:ffff:ffff:ffff', '2001:db8:0:7::/64'],
    ['2001:DB8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['not an address', 'not an address'],
  ])('for %s by %s', (address, key) => {
    expect(sourceKey(address)).toBe(key);
  });
});
