/** What is understood of the output of `ip`, and what is made of it when it is not there. */

import { describe, expect, test } from 'vitest';
import { ipEventOf } from '../../../server/adapters/ip-monitor.ts';
import { ownAmong } from '../../../server/adapters/ip-own-addresses.ts';
import { linksOf, neighboursOf, routesOf } from '../../../server/adapters/ip-read.ts';

const FOREVER = 4_294_967_295;

function link(name: string, flags: readonly string[], addresses: readonly object[]): object {
  return { ifindex: 2, ifname: name, flags, mtu: 1500, operstate: 'UP', addr_info: addresses };
}

function v4(local: string, prefixlen: number, validSeconds = FOREVER): object {
  return { family: 'inet', local, prefixlen, scope: 'global', label: 'eth0', valid_life_time: validSeconds };
}

function v6(local: string, prefixlen: number, validSeconds = FOREVER, scope = 'global'): object {
  return { family: 'inet6', local, prefixlen, scope, valid_life_time: validSeconds };
}

const UP = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];

describe('ip -j addr', () => {
  test('interfaces with their networks, addresses with their places', () => {
    const text = JSON.stringify([
      link('lo', ['LOOPBACK', 'UP', 'LOWER_UP'], [v4('127.0.0.1', 8), v6('::1', 128)]),
      link('eth0', UP, [v4('192.0.2.1', 24), v4('192.0.2.9', 32, 2), v6('2001:DB8::1', 64)]),
      link('eth1', ['NO-CARRIER', 'UP', 'LOWER_UP'], []),
      link('eth2', ['BROADCAST'], []),
      {},
    ]);
    const { addresses, interfaces } = linksOf(text);
    expect(interfaces.map(({ name, up }) => [name, up])).toEqual([
      ['lo', true],
      ['eth0', true],
      ['eth1', false],
      ['eth2', false],
    ]);
    expect(interfaces[1]?.networks).toEqual([
      { address: '192.0.2.0', bits: 24 },
      { address: '2001:db8::', bits: 64 },
    ]);
    expect(addresses.map(({ address, prefix, interface: name }) => `${address}/${prefix} ${name}`)).toEqual([
      '127.0.0.1/8 lo',
      '::1/128 lo',
      '192.0.2.1/24 eth0',
      '192.0.2.9/32 eth0',
      '2001:db8::1/64 eth0',
    ]);
    expect(addresses.map(({ isPermanent }) => isPermanent)).toEqual([true, true, true, false, true]);
  });

  test.each([
    '',
    '[',
    '{}',
    'null',
    '[1,null,"x",{"ifname":3}]',
    '[{"ifname":"a","flags":["UP"],"addr_info":[7]}]',
  ])('what cannot be understood is left out: %s', (text) => {
    expect(linksOf(text).addresses).toEqual([]);
  });
});

describe('[VIP-33] own addresses of a host', () => {
  const routes = routesOf(
    JSON.stringify([
      { dst: 'default', gateway: '192.0.2.254', dev: 'eth0', flags: [] },
      {
        dst: '192.0.2.0/24',
        dev: 'eth0',
        protocol: 'kernel',
        scope: 'link',
        prefsrc: '192.0.2.1',
        flags: [],
      },
    ]),
  );

  test('those that routes send from, networks of IPv6, loopback and link-local', () => {
    const text = JSON.stringify([
      link('lo', UP, [v4('127.0.0.1', 8), v6('::1', 128), v4('198.51.100.7', 32)]),
      link('eth0', UP, [
        v4('192.0.2.1', 24),
        v4('192.0.2.9', 32),
        v4('192.0.2.10', 24, 2),
        v6('2001:db8::1', 64),
        v6('2001:db8::9', 128),
        v6('2001:db8::a', 64, 2),
        v6('fe80::1', 64, FOREVER, 'link'),
      ]),
    ]);
    expect([...ownAmong(linksOf(text).addresses, routes)]).toEqual([
      '127.0.0.1',
      '::1',
      '192.0.2.1',
      '2001:db8::1',
      'fe80::1',
    ]);
  });

  test('gateways are those of default routes', () => {
    expect(routes.map(({ gateway, source }) => [gateway, source])).toEqual([
      ['192.0.2.254', undefined],
      [undefined, '192.0.2.1'],
    ]);
  });
});

test('neighbours without an answer or without a MAC are none; those of a person are marked', () => {
  const text = JSON.stringify([
    { dst: '192.0.2.2', dev: 'eth0', lladdr: '02:00:00:00:00:02', confirmed: 7, state: ['REACHABLE'] },
    { dst: '192.0.2.3', dev: 'eth0', lladdr: '02:00:00:00:00:03', state: ['PERMANENT'] },
    { dst: '192.0.2.4', dev: 'eth0', state: ['INCOMPLETE'] },
    { dst: '192.0.2.5', dev: 'eth0', lladdr: '02:00:00:00:00:05', state: ['FAILED'] },
    { dst: '192.0.2.6', dev: 'tun0', lladdr: '00:00', confirmed: 1, state: ['STALE'] },
  ]);
  expect(neighboursOf(text)).toEqual([
    { address: '192.0.2.2', mac: '02:00:00:00:00:02', ageSeconds: 7, interface: 'eth0', isPermanent: false },
    { address: '192.0.2.3', mac: '02:00:00:00:00:03', ageSeconds: 0, interface: 'eth0', isPermanent: true },
  ]);
});

test('lines of ip monitor', () => {
  const added =
    '2: eth0    inet 10.77.0.9/32 scope global dynamic eth0\\       valid_lft 5sec preferred_lft 5sec';
  const deleted =
    'Deleted 2: eth0    inet6 fd77::9/128 scope global nodad deprecated dynamic \\       valid_lft 5sec';
  const down =
    '2: eth0@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN group default \\    link/ether ee:cf:a3:5b:c7:1d';
  expect(ipEventOf(added)).toEqual({ type: 'added', address: '10.77.0.9', prefix: 32, interface: 'eth0' });
  expect(ipEventOf(deleted)).toEqual({ type: 'deleted', address: 'fd77::9', prefix: 128, interface: 'eth0' });
  expect(ipEventOf(down)).toEqual({ type: 'link' });
  expect(ipEventOf('something else')).toBeUndefined();
});
