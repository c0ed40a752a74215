/** Requirements VIP-xx that the configuration meets: who takes part, where addresses belong, and with which options. */

import { describe, expect, test } from 'vitest';
import { must } from '../../server/base/assert.ts';
import { vipPlan } from '../../server/cluster/duravip-plan.ts';
import { ANNOUNCE_NOTE } from '../../server/conf/duravip-changes.ts';
import type { LocalVip } from '../../server/duravip/api.ts';
import type { NodeName } from '../../server/model/names.ts';
import { load, REGISTRY, seedSample } from '../support/conf-samples.ts';
import { binding, listen, ON, offers, plan, said, TOPOLOGY } from '../support/duravip-plans.ts';
import { liveWorld } from '../support/live-configuration.ts';

describe('who takes part', () => {
  test('[VIP-01] Enable_Duravip = true on a binding or a listener puts its IP under management', () => {
    const option = seedSample('002-enable-duravip.conf').split('\n').slice(1).join('\n');
    const vips = offers(
      TOPOLOGY,
      `Binding "plain" { Bind_Address = "10.1.1.1" ${option} }`,
      `Binding_Group "g" { Binding "grouped" { Bind_Address = "10.1.1.2" ${option} } }`,
      listen('10.1.1.3:25', option),
      `HTTP_Listener { Listen "10.1.1.4:80" { ${option} } }`,
      'Binding "off" { Bind_Address = "10.1.1.5" Enable_Duravip = false }',
      'Binding "without" { Bind_Address = "10.1.1.6" }',
      listen('*:25', ''),
    );
    expect(Object.keys(vips)).toEqual(['10.1.1.1', '10.1.1.2', '10.1.1.3', '10.1.1.4']);
    expect(Object.values(vips).map(({ names, services }) => [...names, ...services].join(' '))).toEqual([
      'plain multivip',
      'grouped multivip',
      'ESMTP_Listener',
      'HTTP_Listener',
    ]);
  });

  test('[VIP-01] an IP that is DuraVIP on one service is so on all services that use it', () => {
    const vips = offers(
      TOPOLOGY,
      'Binding "other" { Bind_Address = "10.1.1.1" }',
      listen('10.1.1.1:587', ''),
      binding('b', '10.1.1.1'),
    );
    expect(vips['10.1.1.1']).toMatchObject({
      names: ['other', 'b'],
      services: ['multivip', 'ESMTP_Listener'],
    });
  });

  test('[VIP-01] an endpoint that is off takes no part', () => {
    expect(offers(TOPOLOGY, listen('10.1.1.3:25', `${ON} Enable = false`))).toEqual({});
    expect(offers(TOPOLOGY, `ESMTP_Listener { Enable = false Listen "10.1.1.3:25" { ${ON} } }`)).toEqual({});
  });

  test('[VIP-02] the attribute of 2.2 on a listener endpoint or a binding', () => {
    const sample = seedSample('003-duravip-attribute.conf');
    expect(Object.keys(offers(sample))).toEqual(['192.168.0.41']);
    expect(
      Object.keys(offers('Binding example <duravip="enabled"> { Bind_Address = 192.168.0.41 }')),
    ).toEqual(['192.168.0.41']);
    expect(offers('Binding example <duravip="disabled"> { Bind_Address = 192.168.0.41 }')).toEqual({});
    expect(said('Binding example <duravip="perhaps"> { Bind_Address = 192.168.0.41 }').at(-1)).toContain(
      "error Enable_Duravip: 'perhaps' is neither true nor false",
    );
  });

  test('[VIP-02] [VIP-07] the whole sample of 2.2: attribute, binding and section of a network', () => {
    expect(Object.values(offers(seedSample('003-overview-2.2.conf')))).toEqual([
      {
        address: '192.168.0.41',
        names: ['example'],
        services: ['multivip', 'ESMTP_Listener'],
        preference: undefined,
        follows: undefined,
        refused: undefined,
        interface: 'bge0',
        prefix: 32,
      },
    ]);
    expect(said(seedSample('003-overview-2.2.conf')).filter((line) => line.includes('DuraVIP'))).toEqual([]);
  });

  test('[VIP-02] the attributes for a preference and for following', () => {
    const vips = offers(
      'ESMTP_Listener = ( 10.1.1.9:25 <duravip_follow="b"> )',
      'Binding b <duravip="enabled" duravip_preference="node2"> { Bind_Address = 10.1.1.1 }',
    );
    expect(vips['10.1.1.1']).toMatchObject({ preference: 'node2', follows: undefined });
    expect(vips['10.1.1.9']).toMatchObject({ preference: undefined, follows: '10.1.1.1' });
  });

  test('[VIP-35] names of bindings keep their case, and two that differ by it are two', () => {
    const vips = offers(TOPOLOGY, binding('Mixed-Case', '10.1.1.1'), binding('mixed-case', '10.1.1.1'));
    expect(vips['10.1.1.1']?.names).toEqual(['Mixed-Case', 'mixed-case']);
    const follow = (name: string): readonly string[] =>
      said(TOPOLOGY, binding('Mixed-Case', '10.1.1.1'), listen('10.1.1.9:25', `Duravip_Follow = "${name}"`));
    expect(follow('Mixed-Case')).toEqual([]);
    expect(follow('mixed-case')).toEqual([
      "3:41 error Listen '10.1.1.9:25' of ESMTP_Listener cannot follow: there is no binding 'mixed-case' => a listener follows a binding under DuraVIP that has another address",
    ]);
  });
});

describe('where addresses belong', () => {
  test('[VIP-06] Topology says interface and mask, and the longest block wins', () => {
    const vips = offers(
      seedSample('002-topology-default.conf'),
      `cluster {
        Topology "10.0.0.0/8" { interface = "eth0" cidrmask = 8 }
        Topology "10.1.1.128/25" { interface = "eth2" cidrmask = "25" }
        Topology "2001:db8::/32" { interface = "eth6" }
      }`,
      ...['10.1.1.7', '10.1.1.200', '10.2.0.1', '2001:db8::1'].map((one, i) => binding(`b${i}`, one)),
    );
    expect(Object.values(vips).map((vip) => `${vip.address}/${vip.prefix} ${vip.interface}`)).toEqual([
      '10.1.1.7/32 eth1',
      '10.1.1.200/25 eth2',
      '10.2.0.1/8 eth0',
      '2001:db8::1/128 eth6',
    ]);
  });

  test('[VIP-06] a mask that cannot be is refused, one that is too wide warns', () => {
    const block = (network: string, mask: number): readonly string[] =>
      said(`cluster { Topology "${network}" { interface = "eth1" cidrmask = ${mask} } }`);
    expect(block('10.1.1.0/24', 33)).toEqual([
      '1:66 error cidrmask is 33; an address in 10.1.1.0/24 has 32 bits => it is almost always 32, the default',
    ]);
    expect(block('2001:db8::/64', 32)).toEqual([
      '1:68 warning cidrmask 32 makes each address one of a network that is larger than 2001:db8::/64 => it is almost always 128, the default',
    ]);
    expect([block('10.1.1.0/24', 24), block('2001:db8::/64', 128)]).toEqual([[], []]);
  });

  test.each(['-all', 'eth1; reboot', 'a-name-that-is-too-long', 'eth1:0', 'eth/1', ''])(
    '[VIP-06] the interface %o is never handed to the system',
    (name) => {
      const text = `cluster { Topology "10.1.1.0/24" { interface = "${name}" } } ${binding('b', '10.1.1.1')}`;
      const { generation } = load(text);
      if (name === '') expect(plan(text).vips[0]?.refused).toBe('Topology 10.1.1.0/24 names no interface');
      else expect(generation).toBeUndefined();
    },
  );

  test('[VIP-07] the section of 2.2 with the bits of its network', () => {
    const text = 'Logger cluster/ec_cluster cluster { 10.1.1.0/24 [ interface = "bge0" cidrmask = "32" ] }';
    expect(offers(text, binding('b', '10.1.1.7'))['10.1.1.7']).toMatchObject({
      interface: 'bge0',
      prefix: 32,
    });
  });

  test('[VIP-33] an address outside every Topology warns, and this node does not offer it', () => {
    expect(said(TOPOLOGY, binding('b', '10.9.0.1'))).toEqual([
      '2:30 warning 10.9.0.1 is outside every Topology, so no node will have it => write Topology "10.9.0.0/24" { interface = "eth0" } in cluster, with the interface of that network',
    ]);
    expect(offers(TOPOLOGY, binding('b', '10.9.0.1'))['10.9.0.1']?.refused).toBe('no Topology holds it');
  });

  test('[VIP-33] an address of the node itself warns, and this node does not offer it', () => {
    const own = ['cluster { nodeaddr = "10.1.1.1" }', 'ECCluster_Listener { Listen "10.1.1.2:4802" { } }'];
    const text = [TOPOLOGY, ...own, binding('a', '10.1.1.1'), binding('b', '10.1.1.2')];
    expect(said(...text)).toEqual([
      '4:30 warning 10.1.1.1 is the nodeaddr of this node, so this node will not have it => give DuraVIP an address that belongs to no host',
      '5:30 warning 10.1.1.2 is the address of ECCluster_Listener, so this node will not have it => give DuraVIP an address that belongs to no host',
    ]);
    expect(
      Object.values(offers(TOPOLOGY, ...own, binding('b', '10.1.1.2'))).map((vip) => vip.refused),
    ).toEqual(['ECCluster_Listener listens on it']);
  });

  test('[VIP-33] across subnets: a host that is in no network of a Topology says so', () => {
    const { generation } = load([TOPOLOGY, binding('b', '10.1.1.7')].join('\n'));
    const { problems } = vipPlan(must(generation, 'a configuration'), {
      nodeName: 'node1' as NodeName,
      nodeAddress: '10.2.2.1',
      hostAddresses: [],
      networks: [{ address: '10.2.2.0' as LocalVip['address'], bits: 24 }],
    });
    expect(problems).toEqual([
      'no interface of this host is in Topology 10.1.1.0/24: DuraVIP does not work across subnets',
    ]);
  });

  test.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', 'fe80::1', 'mail.example.com'])(
    '[VIP-33] %s is refused',
    (address) => {
      const { generation, diagnostics } = load(binding('b', address));
      expect(generation).toBeUndefined();
      expect(diagnostics.find(({ severity }) => severity === 'error')).toMatchObject({
        code: 'CONF_DURAVIP_ADDRESS',
        line: 1,
      });
    },
  );

  test('[VIP-33] a loopback address warns, except where the host is the loopback', () => {
    const lo = 'Topology "127.0.5.0/24" { interface = "lo" }';
    expect(said(`cluster { ${lo} }`, binding('b', '127.0.5.1'))).toEqual([
      '2:30 warning 127.0.5.1 is a loopback address, which no other machine can reach => duravip_host = "loopback" is for demonstrations and tests',
    ]);
    expect(said(`cluster { ${lo} duravip_host = "loopback" }`, binding('b', '127.0.5.1'))).toEqual([]);
    expect(plan('cluster { duravip_host = loopback }').host).toBe('loopback');
    expect(plan('').host).toBe('linux');
  });

  test('[VIP-35] more than 10,240 addresses are refused, at the first beyond', () => {
    const many = Array.from({ length: 10_241 }, (_, i) => {
      return binding(`b${i}`, `10.2.${Math.floor(i / 256)}.${i % 256}`);
    });
    const { diagnostics, generation } = load(
      ['cluster { Topology "10.2.0.0/16" { interface = "eth1" } }', ...many].join('\n'),
    );
    expect(generation).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { line: 10_242, message: '10241 addresses are under DuraVIP; at most 10240 can be' },
    ]);
  });
});

describe('options', () => {
  test('[VIP-08] [VIP-10] [VIP-11] those of the host, and their defaults', () => {
    expect(plan('').hostPolicy).toEqual({
      ifCheckMs: 30_000,
      ifDownLimitMs: 4_000,
      arpAllHosts: true,
      hook: undefined,
      hookTimeoutMs: 10_000,
    });
    const text = `cluster {
      arp_all_hosts = false if_check_interval = 5 if_down_limit = 0
      duravip_hook = ( "/usr/local/bin/moved" "--verbose" ) duravip_hook_timeout = 3
    }`;
    expect(said(text)).toEqual([]);
    expect(plan(text).hostPolicy).toEqual({
      ifCheckMs: 5_000,
      ifDownLimitMs: 0,
      arpAllHosts: false,
      hook: ['/usr/local/bin/moved', '--verbose'],
      hookTimeoutMs: 3_000,
    });
  });

  test('[VIP-09] [VIP-12] [VIP-13] [VIP-14] those of the views, and their defaults', () => {
    expect(plan('').policy).toEqual({
      viewMatureMs: 5_000,
      viewBalanceMs: 10_000,
      viewBroadcastMs: 0,
      balanceSetSize: 10,
      isolated: 'serve',
    });
    const text = `cluster {
      view_mature_time = 1 view_balance_interval = 2 view_broadcast_interval = 60
      duravip_balance_set_size = 100 duravip_isolated = "drop"
    }`;
    expect(said(text)).toEqual([]);
    expect(plan(text).policy).toEqual({
      viewMatureMs: 1_000,
      viewBalanceMs: 2_000,
      viewBroadcastMs: 60_000,
      balanceSetSize: 100,
      isolated: 'drop',
    });
  });

  test.each([1, 0, -1])('[VIP-09] duravip_balance_set_size = %d is refused', (size) => {
    expect(said(`cluster { duravip_balance_set_size = ${size} }`)).toEqual([
      `1:38 error duravip_balance_set_size is ${size}; the value must be greater than 1 => it must also be the same on all nodes, otherwise the cluster does not converge`,
    ]);
  });

  test.each([
    ['arp_all_hosts', 'true'],
    ['if_check_interval', '30'],
    ['if_down_limit', '4'],
    ['view_mature_time', '5'],
    ['view_balance_interval', '10'],
    ['view_broadcast_interval', '0'],
    ['duravip_balance_set_size', '10'],
    ['heartbeat_start_delay', '15'],
    ['heartbeats_per_sec', '1'],
    ['duravip_isolated', 'serve'],
    ['duravip_hook', undefined],
    ['duravip_hook_timeout', '10'],
  ])(
    '[VIP-08] [VIP-09] [VIP-10] [VIP-11] [VIP-12] [VIP-13] [VIP-14] %s changes at run time, default %s',
    (name, standard) => {
      const entry = REGISTRY.option(['cluster'], name);
      expect(entry).toMatchObject({ default: standard, dynamic: true });
      expect(entry?.source).toMatch(/momentum\.md|^ours/);
    },
  );

  test.each([
    ['duravip_hook = "moved"', "duravip_hook: 'moved' is not an absolute path"],
    ['duravip_hook = ( "./moved" "x" )', "duravip_hook: './moved' is not an absolute path"],
    ['duravip_hook_timeout = 0', 'duravip_hook_timeout: 0 is below 1 s'],
    ['duravip_isolated = "sometimes"', "duravip_isolated: 'sometimes' is not one of serve, drop"],
    ['duravip_host = "windows"', "duravip_host: 'windows' is not one of linux, loopback"],
    ['if_check_interval = 0', 'if_check_interval: 0 is below 1 s'],
    ['if_down_limit = "-1"', 'if_down_limit: -1 is below 0 s'],
    ['view_mature_time = soon', "view_mature_time: 'soon' is not a whole number"],
  ])('[VIP-12] %s is refused', (option, problem) => {
    expect(said(`cluster { ${option} }`)[0]).toContain(`error ${problem}`);
  });

  test('[VIP-36] capabilities of Linux and privileges of Solaris are accepted', () => {
    const text = `Security {
      Capabilities = "cap_net_admin+ep cap_net_bind_service+ep cap_net_raw+ep cap_sys_resource+ep"
      Privileges = "basic net_privaddr net_bindmlp sys_resource sys_net_config net_rawaccess"
    }`;
    const { generation, errors } = load(text);
    expect(errors).toBe(0);
    expect(generation?.getString(['Security'], 'Capabilities')).toContain('cap_net_raw+ep');
    expect(generation?.getString(['Security'], 'Privileges')).toContain('net_rawaccess');
  });
});

describe('a reload', () => {
  test('[VIP-16] that changes what DuraVIP manages tells to announce a view, another one does not', () => {
    const base = `${TOPOLOGY}\n${binding('a', '10.1.1.1')}`;
    const reloaded = (text: string): string => {
      const { say, files } = liveWorld({ '/main.conf': base });
      files.write('/main.conf', text);
      return say('reload');
    };
    const told = `OK\n${ANNOUNCE_NOTE}`;
    expect(ANNOUNCE_NOTE).toContain('broadcast cluster duravip announce view');
    expect(reloaded(`${base}\n${binding('b', '10.1.1.2')}`)).toBe(told);
    expect(reloaded(TOPOLOGY)).toBe(told);
    expect(reloaded(base.replace('"a"', '"A"'))).toBe(told);
    expect(reloaded(base.replace('= true', '= true Duravip_Preference = "n"'))).toBe(told);
    expect(reloaded(`${base}\n${listen('10.1.1.1:25', '')}`)).toBe(told);
    expect(reloaded(base)).toBe('OK');
    expect(reloaded(`${base}\nBinding "plain" { Bind_Address = "10.1.1.5" }`)).toBe('OK');
    expect(reloaded(`${base}\ncluster { view_mature_time = 9 }`)).toBe('OK');
  });

  test('[VIP-16] so does a transaction', () => {
    const { say } = liveWorld({ '/main.conf': `${TOPOLOGY}\n${binding('a', '10.1.1.1')}` });
    say('begin');
    say('set Binding b Bind_Address 10.1.1.2');
    say('set Binding b Enable_Duravip true');
    expect(say('commit')).toBe(`OK\n${ANNOUNCE_NOTE}`);
  });
});
