/** What a configuration makes of mail (momentum.md 3.2, 7.5, 8.3). */

import { describe, expect, test } from 'vitest';
import { load } from '../../support/conf-samples.ts';
import { corePlanOf, mailPlanOf, policyOf } from '../../support/mail-plans.ts';

const GROUPED = `
Retry_Interval = 100
Domain "example.com" { Retry_Interval = 200 Max_Retries = 4 }
Binding_Group "news" {
  Retry_Interval = 300
  Domain "example.com" { Retry_Interval = 500 }
  Binding "n1" {
    Retry_Interval = 400
    Domain "example.net" { Retry_Interval = 600 }
  }
  Binding "n2" { }
}
Binding "b" { Domain "/^EXAMPLE\\./" { Retry_Interval = 700 } Domain "example.org" { Retry_Interval = 800 } }
`;

describe('a mail plan', () => {
  test('runs nothing without a listener and without bindings', () => {
    expect(mailPlanOf('Retry_Interval = 5').runs).toBe(false);
    expect(mailPlanOf('ESMTP_Listener { }').runs).toBe(true);
    expect(mailPlanOf('Binding_Group "g" { Binding "b" { } }').runs).toBe(true);
  });

  test('[CFG-25] takes the narrowest scope that sets an option', () => {
    const retryMs = (binding: string, domain: string) => policyOf(binding, domain, GROUPED).retryMs;
    expect(retryMs('n1', 'example.net')).toBe(600_000);
    expect(retryMs('n1', 'example.com')).toBe(500_000);
    expect(retryMs('n1', 'other.org')).toBe(400_000);
    expect(retryMs('n2', 'other.org')).toBe(300_000);
    expect(retryMs('default', 'EXAMPLE.com')).toBe(200_000);
    expect(retryMs('default', 'other.org')).toBe(100_000);
    expect(policyOf('n1', 'example.com', GROUPED).maxRetries).toBe(4);
    expect(policyOf('n1', 'other.org', GROUPED).maxRetries).toBeUndefined();
  });

  test('takes a domain by its name before a pattern, and patterns in their order', () => {
    expect(policyOf('b', 'example.org', GROUPED).retryMs).toBe(800_000);
    expect(policyOf('b', 'example.net', GROUPED).retryMs).toBe(700_000);
    const both = 'Domain "/a/" { Max_Retries = 1 } Domain "/b/" { Max_Retries = 2 } Binding "x" { }';
    expect(policyOf('x', 'ab.example', both).maxRetries).toBe(1);
  });

  test('has the documented defaults', () => {
    expect(policyOf('default', 'example.com', 'Binding "x" { }')).toEqual({
      clusterMax: undefined,
      clusterServerMax: undefined,
      clusterScopeMax: [],
      nodeMax: 32,
      throttleConnections: undefined,
      throttleMessages: undefined,
      retryMs: 1_200_000,
      maxRetryMs: 43_200_000,
      maxRetries: undefined,
      expirationMs: 86_400_000,
      suspended: false,
      deliveriesPerConnection: undefined,
      idleMs: 5_000,
      routes: [],
      port: 25,
      generateBounces: true,
      session: {
        ehlo: 'mta1.example.com',
        connectMs: 300_000,
        ehloMs: 300_000,
        mailFromMs: 300_000,
        rcptToMs: 300_000,
        bodyMs: 600_000,
        rsetMs: 30_000,
      },
    });
  });

  test('[CLU-20] orders cluster_max_outbound_connections as documented: binding::domain, binding, domain, global', () => {
    const max = (binding: string, domain: string, ...text: string[]) =>
      policyOf(binding, domain, ...text).clusterMax;
    const all = [
      'Cluster_Max_Outbound_Connections = 1',
      'Domain "d" { Cluster_Max_Outbound_Connections = 2 }',
      'Binding "b" { Cluster_Max_Outbound_Connections = 3 Domain "e" { Cluster_Max_Outbound_Connections = 4 } }',
      'Binding "c" { }',
    ];
    expect(max('b', 'e', ...all)).toBe(4);
    expect(max('b', 'd', ...all)).toBe(3);
    expect(max('c', 'd', ...all)).toBe(2);
    expect(max('c', 'f', ...all)).toBe(1);
    expect(max('c', 'f', 'Cluster_Max_Outbound_Connections = -1 Binding "c" { }')).toBeUndefined();
    expect(max('c', 'f', 'Cluster_Max_Outbound_Connections = 0 Binding "c" { }')).toBe(0);
  });

  test('[CLU-20] cluster_max_outbound_connections is none of a binding in a group', () => {
    const text = `Cluster_Max_Outbound_Connections = 9 Binding_Group "g" {
      Binding "b" { Cluster_Max_Outbound_Connections = 3 } }`;
    expect(load(text).diagnostics.map(({ message }) => message)).toEqual([
      "in 'Binding' the option 'Cluster_Max_Outbound_Connections' and its like are kept but have no effect here",
    ]);
    expect(policyOf('b', 'd', text).clusterMax).toBe(9);
  });

  test('[CLU-21] cluster_server_max_outbound_connections: binding, binding_group, global', () => {
    const one = 'Cluster_Server_Max_Outbound_Connections =';
    const text = `${one} 30 Binding "a" { ${one} 10 } Binding "c" { }
      Binding_Group "g" { ${one} 20 Binding "b" { } Domain "d" { Max_Retries = 1 } }`;
    expect(policyOf('a', 'd', text).clusterServerMax).toBe(10);
    expect(policyOf('b', 'd', text).clusterServerMax).toBe(20);
    expect(policyOf('c', 'd', text).clusterServerMax).toBe(30);
    expect(policyOf('c', 'd', 'Binding "c" { }').clusterServerMax).toBeUndefined();
  });

  test('[CLU-20] limits connections to a host: binding::host before host', () => {
    const plan = corePlanOf(
      'Host "mx.d" { Cluster_Max_Outbound_Connections = 5 Cluster_Scope_Max_Outbound_Connections = 4 }',
      'Binding "b" { Host "mx.d" { Cluster_Max_Outbound_Connections = 2 } }',
    );
    expect(plan.hostMax('b', 'MX.d')).toBe(2);
    expect(plan.hostMax('default', 'mx.d')).toBe(4);
    expect(plan.hostMax('default', 'other')).toBeUndefined();
  });

  test('[CLU-22] counts every scope of cluster_scope_max_outbound_connections, the widest first', () => {
    const one = 'Cluster_Scope_Max_Outbound_Connections =';
    const text = `${one} 90 Domain "d" { ${one} 80 }
      Binding_Group "g" { ${one} 70 Domain "d" { ${one} 60 } Binding "b" { ${one} 50 Domain "d" { ${one} 40 } } }`;
    expect(policyOf('b', 'd', text).clusterScopeMax).toEqual([
      { key: '*', limit: 90 },
      { key: '*/d', limit: 80 },
      { key: 'group:g/*', limit: 70 },
      { key: 'b/*', limit: 50 },
      { key: 'group:g/d', limit: 60 },
      { key: 'b/d', limit: 40 },
    ]);
  });

  test('[CLU-23] shares a throttle within the scope that sets it', () => {
    const text = `cluster { Replicate "OBTM" { } Replicate "OBTC" { } }
      Cluster_Outbound_Throttle_Connections = 30
      Domain "d" { Cluster_Outbound_Throttle_Messages = "10/60" }
      Binding_Group "g" { Cluster_Outbound_Throttle_Messages = "5" Binding "b" { } }`;
    expect(policyOf('default', 'd', text).throttleMessages).toEqual({
      key: '*/d',
      rate: { amount: 10, perMs: 60_000 },
    });
    expect(policyOf('b', 'd', text).throttleMessages).toEqual({
      key: 'group:g/*',
      rate: { amount: 5, perMs: 1_000 },
    });
    expect(policyOf('b', 'd', text).throttleConnections?.key).toBe('*');
  });

  test('knows which bindings float, and whose mail they take', () => {
    const { bindings } = corePlanOf(
      'cluster { Topology "10.1.1.0/24" { interface = "eth1" } } Bind_Address = "10.9.9.9"',
      'Binding "v" { Bind_Address = "10.1.1.1" Enable_Duravip = true }',
      'Binding "w" { Bind_Address = "10.1.1.1" }',
      'Binding_Group "g" { Binding "plain" { Bind_Address = "10.2.2.2" } }',
      'ESMTP_Listener { Listen "10.1.1.9:25" { Duravip_Follow = "v" } }',
    );
    expect(bindings).toEqual([
      {
        name: 'default',
        group: 'default',
        bindAddress: '10.9.9.9',
        floating: false,
        receivesOn: ['10.9.9.9'],
      },
      {
        name: 'v',
        group: 'default',
        bindAddress: '10.1.1.1',
        floating: true,
        receivesOn: ['10.1.1.1', '10.1.1.9'],
      },
      {
        name: 'w',
        group: 'default',
        bindAddress: '10.1.1.1',
        floating: true,
        receivesOn: ['10.1.1.1', '10.1.1.9'],
      },
      { name: 'plain', group: 'g', bindAddress: '10.2.2.2', floating: false, receivesOn: ['10.2.2.2'] },
    ]);
  });

  test('puts the binding default first, wherever it is written', () => {
    const { bindings } = corePlanOf('Binding "a" { }', 'Binding "default" { EHLO_Hostname = "out.example" }');
    expect(bindings.map(({ name }) => name)).toEqual(['default', 'a']);
    const text = 'Binding "default" { EHLO_Hostname = "out.example" }';
    expect(policyOf('default', 'd', text).session.ehlo).toBe('out.example');
  });

  test('routes go before the gateway, with one port', () => {
    const routes = (text: string) => {
      const { routes: hosts, port } = policyOf('default', 'd', `Binding "b" { } ${text}`);
      return [hosts, port];
    };
    expect(routes('Gateway = "relay.example:2525"')).toEqual([['relay.example'], 2525]);
    expect(routes('Routes = ( "[2001:db8::1]:26" "mx2.example" ) Gateway = "x"')).toEqual([
      ['2001:db8::1', 'mx2.example'],
      26,
    ]);
    expect(routes('Routes = ( "127.0.0.1" ) Remote_SMTP_Port = 2600')).toEqual([['127.0.0.1'], 2600]);
    expect(routes('Routes = "" Gateway = ""')).toEqual([[], 25]);
  });

  test('lets in by the listener, else by the global scope', () => {
    const text = 'Relay_Hosts = ( 10.0.0.0/8 ) Relay_Domains = ( "Example.COM" )';
    const global = corePlanOf(`${text} ESMTP_Listener { }`);
    expect(global.relayHosts).toEqual([{ address: '10.0.0.0', bits: 8 }]);
    expect([...global.relayDomains]).toEqual(['example.com']);
    const own = corePlanOf(`${text} ESMTP_Listener { Relay_Hosts = ( 127.0.0.1 ) }`);
    expect(own.relayHosts).toEqual([{ address: '127.0.0.1', bits: 32 }]);
  });

  test('limits clients by network and by address, over all nodes', () => {
    const { inbound } = corePlanOf(`ESMTP_Listener {
      Cluster_Max_Inbound_Connections_Per_Host = 20
      Peer "10.0.0.0/8" { Cluster_Max_Inbound_Connections = 100 Cluster_Max_Inbound_Connections_Per_Host = -1 }
      Peer "192.0.2.0/24" { }
    }`);
    expect(inbound).toEqual([
      { network: { address: '0.0.0.0', bits: 0 }, perHost: 20, perNetwork: undefined },
      { network: { address: '::', bits: 0 }, perHost: 20, perNetwork: undefined },
      { network: { address: '10.0.0.0', bits: 8 }, perHost: undefined, perNetwork: 100 },
    ]);
  });

  test('listens where the address stays, and leaves floating ones to DuraVIP', () => {
    const { listens, idleMs, spool } = mailPlanOf(
      'cluster { Topology "10.1.1.0/24" { interface = "eth1" } }',
      'SpoolBase = "/tmp/spool" Spool_Mode = 0600',
      'ESMTP_Listener { Idle_Time = 60 Listen "*:25" { } Listen "10.1.1.1:25" { Enable_Duravip = true }',
      '  Listen "10.2.2.2:587" { Listen_Backlog = 9 } Listen ":26" { Enable = false } }',
    );
    expect(listens).toEqual([
      { instance: '*:25', host: '*', port: 25, backlog: 500 },
      { instance: '10.2.2.2:587', host: '10.2.2.2', port: 587, backlog: 9 },
    ]);
    expect(idleMs).toBe(60_000);
    expect(spool).toEqual({ folder: '/tmp/spool', mode: 0o600 });
  });

  test('keeps what the bus means by a name apart from what mail means', () => {
    const { generation } = load('Connect_Timeout = 7 Idle_Timeout = 9 msgc_client { server = ( "a:1" ) }');
    expect(generation?.getInteger(['msgc_client'], 'connect_timeout')).not.toBe(7);
    expect(generation?.getInteger([], 'Connect_Timeout')).toBe(7);
  });

  test('survives ten thousand bindings and as many questions', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `Binding "b${i}" { Max_Retries = ${i} }`);
    const plan = corePlanOf(...many);
    expect(plan.bindings).toHaveLength(10_001);
    expect(plan.policy('b9999', 'd').maxRetries).toBe(9_999);
    for (let i = 0; i < 20_000; i += 1) plan.policy('b1', `d${i}.example`);
    expect(plan.policy('b1', 'd1.example').maxRetries).toBe(1);
  });
});

describe('what this mail plane does not do', () => {
  test('is said, one line for each', () => {
    const { problems } = mailPlanOf(
      'TLS = "required" Binding "b" { TLS = "ifavailable" OpenDKIM_Sign = true Blackhole = 0 }',
      'ESMTP_Listener { Enable_Authentication = true Listen "*:25" { Peer "0.0.0.0/0" { Open_Relay = true } } }',
      'sieve "s1" { } Delivery_Method = "LMTP" Relay_Domains = ( "*.example.com" )',
      'Cluster_Outbound_Throttle_Messages = 5',
    );
    expect(problems).toEqual([
      'TLS has no effect: TLS is not spoken to other hosts: mail goes out in the clear',
      'OpenDKIM_Sign in Binding "b" has no effect: mail is not signed',
      'Enable_Authentication in ESMTP_Listener has no effect: SMTP clients cannot authenticate: only Relay_Hosts and Relay_Domains let mail in',
      'Open_Relay in Peer "0.0.0.0/0" has no effect: whoever is in no Relay_Hosts cannot relay',
      'sieve has no effect: Sieve scripts are not run',
      'Cluster_Outbound_Throttle_Messages has no effect without Replicate "OBTM" { } in cluster',
      'Delivery_Method LMTP has no effect: mail goes out by SMTP',
      "Relay_Domains: '*.example.com' is taken for the name of a domain; only '*' alone means all",
    ]);
  });

  test('is nothing where no mail is run, and where it is off', () => {
    expect(mailPlanOf('TLS = "required"').problems).toEqual([]);
    const off = 'TLS = no Enable_Authentication = false Blackhole = 0';
    expect(
      mailPlanOf(`Binding "b" { ${off} } ESMTP_Listener { Enable_Authentication = false }`).problems,
    ).toEqual([]);
  });
});

describe('mistakes are told with their place', () => {
  const said = (text: string) =>
    load(text)
      .diagnostics.filter(({ code }) => code !== 'CONF_KEPT_OPTION')
      .map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}`);

  test.each([
    [
      'ESMTP_Listener {\n  Relay_Hosts = ( 10.0.0.0/8\n 10.0.0.0/99 ) }',
      "2:17 error Relay_Hosts: '10.0.0.0/99' is not a network: at most 32 bits",
    ],
    [
      'ESMTP_Listener {\n  Peer "10.0.0/8" { } }',
      "2:3 error Peer: '10.0.0/8' is not a network: write address/bits, such as 10.1.1.0/24",
    ],
    ['Binding "b" { Bind_Address = "10.1.1" }', "1:30 error Bind_Address: '10.1.1' is not an IP address"],
    ['Domain "/(/" { }', '1:1 error Domain "/(/" is not a pattern: '],
    ['Routes = ( "a b" )', "1:12 error Routes: 'a b' is not a host name or address"],
    ['Gateway = "::1"', "1:11 error Gateway: '::1' is not a host"],
    ['Binding "b" { EHLO_Hostname = "a b" }', "1:31 error EHLO_Hostname: 'a b' is not the name of a host"],
    ['Binding "b" { Retry_Interval = soon }', "1:32 error Retry_Interval: 'soon' is not a whole number"],
    ['Binding "#mmove" { }', "1:1 error '#mmove' is the binding of messages that move between nodes"],
    [
      'Binding "b" { }\nBinding_Group "g" { Binding "b" { } }',
      "2:21 warning the binding 'b' is defined in line 1 of /main.conf already; mail is sent by that one",
    ],
    ['Reconfig_Message = "a\tb"', '1:20 error Reconfig_Message is sent to clients: one line'],
    ['Spool_Mode = rw', "1:14 error Spool_Mode: 'rw' is not an octal permission"],
  ])('%s', (text, line) => {
    expect(said(text)).toEqual([expect.stringContaining(line)]);
  });
});
