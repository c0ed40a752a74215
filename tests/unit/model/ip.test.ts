import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  compareIps,
  type IpAddress,
  NetworkTable,
  networkHolds,
  networkOf,
  parseIp,
  parseNetwork,
} from '../../../server/model/ip.ts';

function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function network(text: string): { readonly address: IpAddress; readonly bits: number } {
  const parsed = parseNetwork(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('an address has one text', () => {
  test.each([
    [' 10.1.1.7 ', '10.1.1.7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:10.1.1.7', '::ffff:a01:107'],
  ])('%s is %s', (text, canonical) => {
    expect(ip(text)).toBe(canonical);
    expect(ip(canonical)).toBe(canonical);
  });

  test.each([
    '',
    '10.1.1',
    '10.1.1.256',
    '10.1.1.07',
    '10.1.1.1.1',
    '10..1.1',
    '10.1.1.',
    '.10.1.1',
    '00.1.1.1',
    '10.1.1.1111111111111111111111',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8:9',
    'fe80::1%eth0',
    '10.1.1.1:25',
    '::10.1.1.300',
    'g::',
    '+1.2.3.4',
  ])("'%s' is none", (text) => {
    expect(parseIp(text)).toEqual({ ok: false, error: `'${text}' is not an IP address` });
  });
});

test('the order is that of the numbers, IPv4 first', () => {
  const sorted = ['10.0.0.2', '9.255.255.255', '10.0.0.10', '::2', '::10', 'fe80::'].map(ip);
  const shuffled = [5, 2, 0, 4, 1, 3].map((at) => sorted[at] as IpAddress);
  expect(shuffled.sort(compareIps)).toEqual([
    '9.255.255.255',
    '10.0.0.2',
    '10.0.0.10',
    '::2',
    '::10',
    'fe80::',
  ]);
  expect(compareIps(ip('::1'), ip('::1'))).toBe(0);
});

describe('a network', () => {
  test('has no bits beyond its mask', () => {
    expect(network('10.1.1.77/24')).toEqual({ address: '10.1.1.0', bits: 24 });
    expect(network('10.1.1.77/27')).toEqual({ address: '10.1.1.64', bits: 27 });
    expect(network('10.1.1.77')).toEqual({ address: '10.1.1.77', bits: 32 });
    expect(network('0.0.0.0/0')).toEqual({ address: '0.0.0.0', bits: 0 });
    expect(network('2001:db8::ffff/33')).toEqual({ address: '2001:db8::', bits: 33 });
  });

  test.each(['10.1.1.0/33', '::/129', '10.1.1.0/', '10.1.1.0/24/24', 'net/24', '/24'])(
    '%s is none',
    (text) => {
      expect(parseNetwork(text).ok).toBe(false);
    },
  );

  test('holds addresses of its own family only', () => {
    expect(networkHolds(network('10.1.1.0/24'), ip('10.1.1.255'))).toBe(true);
    expect(networkHolds(network('10.1.1.0/24'), ip('10.1.2.0'))).toBe(false);
    expect(networkHolds(network('0.0.0.0/0'), ip('::1'))).toBe(false);
    expect(networkHolds(network('::/0'), ip('10.1.1.1'))).toBe(false);
    expect(networkHolds(network('2001:db8::/64'), ip('2001:db8::1:2:3:4'))).toBe(true);
  });

  test('of so many bits lies around an address', () => {
    expect(networkOf(ip('10.1.1.77'), 24)).toEqual({ address: '10.1.1.0', bits: 24 });
    expect(networkOf(ip('10.1.1.77'), 64)).toBeUndefined();
    expect(networkOf(ip('2001:db8::7'), 64)).toEqual({ address: '2001:db8::', bits: 64 });
  });
});

test('of many networks the longest around an address is found, and of equal ones the first', () => {
  const texts = ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.7/32', '10.1.77.0/16', '::/0', '2001:db8::/64'];
  const table = new NetworkTable(texts.map((text) => [network(text), text] as const));
  const found = (text: string): string | undefined => table.find(ip(text));
  expect(['10.1.1.7', '10.1.1.8', '10.2.0.1', '11.0.0.1', '2001:db8::1', '2001:db9::1'].map(found)).toEqual([
    '10.1.1.7/32',
    '10.1.0.0/16',
    '10.0.0.0/8',
    undefined,
    '2001:db8::/64',
    '::/0',
  ]);
  expect(new NetworkTable([]).find(ip('10.1.1.1'))).toBeUndefined();
});

test('bytes are those on the wire', () => {
  expect([...bytesOf(ip('10.1.1.7'))]).toEqual([10, 1, 1, 7]);
  expect([...bytesOf(ip('::102'))]).toEqual([...Array(14).fill(0), 1, 2]);
});
