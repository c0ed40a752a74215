/** What a configuration makes of DuraVIP on one node: offers, what it refuses, and the options of the cores. */

import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { type VipFacts, type VipPlan, vipPlan } from '../../../server/cluster/duravip-plan.ts';
import { VIPS_MAX } from '../../../server/duravip/api.ts';
import type { IpAddress, Network } from '../../../server/model/ip.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { load } from '../../support/conf-samples.ts';

const FACTS: VipFacts = {
  nodeName: 'node1' as NodeName,
  nodeAddress: '10.0.0.1',
  hostAddresses: [],
  networks: [],
};
const TOPOLOGY = 'cluster { Topology "10.1.1.0/24" { cidrmask = "32" interface = "eth1" } }';

function plan(text: string, facts: Partial<VipFacts> = {}): VipPlan {
  return vipPlan(must(load(text).generation, 'a configuration without errors'), { ...FACTS, ...facts });
}

function refusals(text: string, facts: Partial<VipFacts> = {}): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(plan(text, facts).vips.map(({ address, refused }) => [address, refused]));
}

const binding = (name: string, address: string, more = ''): string =>
  `Binding "${name}" { Bind_Address = "${address}" Enable_Duravip = true ${more} }`;

describe('offers', () => {
  test('a binding and an endpoint of a listener share an address', () => {
    const text = `${TOPOLOGY}
      ESMTP_Listener { Listen "10.1.1.7:25" { Enable_Duravip = true } Listen "10.1.1.7:587" { } }
      ${binding('b', '10.1.1.7')}`;
    expect(plan(text).vips).toEqual([
      {
        address: '10.1.1.7',
        names: ['b'],
        services: ['multivip', 'ESMTP_Listener'],
        preference: undefined,
        follows: undefined,
        refused: undefined,
        interface: 'eth1',
        prefix: 32,
      },
    ]);
  });

  test('come in the order of the configuration, not in that of the numbers', () => {
    const text = [TOPOLOGY, ...['9', '10', '2'].map((one) => binding(`b${one}`, `10.1.1.${one}`))].join('\n');
    expect(plan(text).vips.map(({ address }) => address)).toEqual(['10.1.1.9', '10.1.1.10', '10.1.1.2']);
  });

  test('an address that is written in two ways is one', () => {
    const text = `cluster { Topology "2001:db8::/64" { interface = "eth1" } }
      ${binding('a', '2001:DB8:0::7')} ${binding('b', '[2001:db8::7]')}`;
    const [vip, ...more] = plan(text).vips;
    expect(more).toEqual([]);
    expect(vip).toMatchObject({ address: '2001:db8::7', names: ['a', 'b'], prefix: 128 });
  });

  test('there are never more than can be managed', () => {
    const many = Array.from({ length: VIPS_MAX }, (_, i) => {
      return binding(`b${i}`, `10.2.${Math.floor(i / 256)}.${i % 256}`);
    });
    const { vips } = plan(['cluster { Topology "10.2.0.0/16" { interface = "eth1" } }', ...many].join('\n'));
    expect(vips).toHaveLength(VIPS_MAX);
    expect(vips.every(({ refused }) => refused === undefined)).toBe(true);
  });
});

describe('a node does not offer to host', () => {
  const vip = `${TOPOLOGY} ${binding('b', '10.1.1.7')}`;

  test('its address in the cluster', () => {
    expect(refusals(vip, { nodeAddress: '10.1.1.7' })).toEqual({
      '10.1.1.7': 'it is the address of this node in the cluster',
    });
  });

  test('a main address of its host', () => {
    expect(refusals(vip, { hostAddresses: ['10.1.1.7' as IpAddress] })).toEqual({
      '10.1.1.7': 'it is an address of this host itself',
    });
  });

  test('the address of a listener of the cluster', () => {
    expect(refusals(`${vip} Control_Listener { Listen "10.1.1.7:2025" { } }`)).toEqual({
      '10.1.1.7': 'Control_Listener listens on it',
    });
  });

  test('what no Topology holds, and what a Topology has no interface for', () => {
    expect(
      refusals(
        `${binding('a', '10.9.0.1')} ${binding('b', '10.1.1.7')} cluster { Topology "10.1.1.0/24" { } }`,
      ),
    ).toEqual({
      '10.9.0.1': 'no Topology holds it',
      '10.1.1.7': 'Topology 10.1.1.0/24 names no interface',
    });
  });

  test('what the loopback interface cannot have', () => {
    const text = `${vip} ${binding('c', '127.0.5.1')}
      cluster { duravip_host = "loopback" Topology "127.0.5.0/24" { interface = "lo" } }`;
    expect(plan(text).host).toBe('loopback');
    expect(refusals(text)).toEqual({
      '10.1.1.7': 'duravip_host is loopback, which has 127.0.0.0/8 only',
      '127.0.5.1': undefined,
    });
  });

  test('and says so, a bounded number of times', () => {
    const many = Array.from({ length: 30 }, (_, i) => binding(`b${i}`, `10.9.0.${i + 1}`)).join('\n');
    const { problems } = plan(many);
    expect(problems).toHaveLength(21);
    expect(problems[0]).toBe('10.9.0.1 will not be taken by this node: no Topology holds it');
    expect(problems.at(-1)).toBe('10 more problems of DuraVIP');
  });
});

describe('problems of this host', () => {
  const vip = `${TOPOLOGY} ${binding('b', '10.1.1.7', 'Duravip_Preference = "node1.example.com"')}`;

  test('a preference for the long name of this node', () => {
    expect(plan(vip).problems).toEqual([
      "Duravip_Preference 'node1.example.com' is not the name of this node, which is 'node1': write that",
    ]);
    expect(plan(vip, { nodeName: 'node2' as NodeName }).problems).toEqual([]);
  });

  test('a Topology of another subnet than those of its interfaces', () => {
    const net = (address: string): Network => ({ address: address as IpAddress, bits: 24 });
    const { problems, vips } = plan(`${TOPOLOGY} ${binding('b', '10.1.1.7')}`, {
      networks: [net('10.2.2.0')],
    });
    expect(problems).toEqual([
      'no interface of this host is in Topology 10.1.1.0/24: DuraVIP does not work across subnets',
    ]);
    expect(vips[0]?.refused).toBeUndefined();
    const near = plan(`${TOPOLOGY} ${binding('b', '10.1.1.7')}`, { networks: [net('10.1.1.0')] });
    expect(near.problems).toEqual([]);
  });

  test('nothing is said of other subnets where nothing is known of the host', () => {
    const said = (...networks: readonly (readonly [string, number])[]): readonly string[] =>
      plan(`${TOPOLOGY} ${binding('b', '10.1.1.7')}`, {
        networks: networks.map(([address, bits]) => ({ address: address as IpAddress, bits })),
      }).problems;
    expect(said()).toEqual([]);
    expect(said(['127.0.0.0', 8], ['2001:db8::', 64])).toEqual([]);
    // What it has of DuraVIP itself, or at a provider that gives single addresses.
    expect(said(['127.0.0.0', 8], ['10.1.1.7', 32])).toEqual([]);
    expect(said(['10.2.2.0', 24], ['10.1.1.7', 32])).toHaveLength(1);
  });
});
