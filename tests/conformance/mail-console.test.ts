/** Console commands on mail against the samples of the manuals (momentum.md 7.5, CON-24, R3:console_commands). */

import { describe, expect, test } from 'vitest';
import { NO_MAIL } from '../../server/cluster/node-mail-commands.ts';
import { classifyCommand } from '../../server/console/classification.ts';
import { completeLine, readGrammar } from '../../server/console/completion.ts';
import { renderConnections, renderDomain, renderQueue } from '../../server/console/mail-details.ts';
import {
  renderBindingSummaries,
  renderDomains,
  renderMailq,
  renderSummary,
  renderSummaryXml,
} from '../../server/console/mail-text.ts';
import { mailConsole } from '../support/mail-console.ts';

const SUMMARY = `Summary Statistics
        Outbound Concurrency:    2248
        Inbound Concurrency:      90
        Active Domains:   35711
        Active Queue Size:   8793
        Delayed Queue Size: 263175
        Destaged Queue Size:      0
        Total Queue Size: 271968
        DNS MX Queries: 243281
        Pending DNS Queries: 116
        Query Rate:   2.73 queries/second
        Successfully Delivered Messages: 2102439
        Failed Messages: 2508439
        Rejected Messages:      1
        Received Messages: 4883262
        Delivery Rate:  51.76 messages/second
        Reception Rate:  54.82 messages/second
        Statistics Last Reset:  89081 seconds
        Uptime:  89083 seconds`;

const COUNTED = {
  outbound: 2_248,
  inbound: 90,
  domains: 35_711,
  active: 8_793,
  delayed: 263_175,
  dnsAsked: 243_281,
  dnsPending: 116,
  deliveries: 2_102_439,
  transients: 7,
  failures: 2_508_439,
  rejections: 1,
  receptions: 4_883_262,
  moved: 3,
  countedS: 89_081,
  uptimeS: 89_083,
};

describe('texts as in the samples', () => {
  test('[CON-24] summary, but for the kinds of DNS questions, which are not told apart here', () => {
    expect(renderSummary(COUNTED)).toBe(SUMMARY);
  });

  test('[CON-24] xml summary has the children that scripts look for', () => {
    const xml = renderSummaryXml(COUNTED);
    expect(xml).toMatch(/^<ServerSummary>\n/);
    for (const [name, value] of [
      ['OutboundConcurrency', 2_248],
      ['InboundConcurrency', 90],
      ['ActiveQueueSize', 8_793],
      ['DelayedQueueSize', 263_175],
      ['Receptions', 4_883_262],
      ['Deliveries', 2_102_439],
      ['Transients', 7],
      ['Failures', 2_508_439],
    ] as const) {
      expect(xml).toContain(`  <${name}>${value}</${name}>\n`);
    }
  });

  test('[CON-24] binding summary of a binding, of a group', () => {
    const one = {
      title: 'Binding example',
      connections: 0,
      active: 0,
      total: 0,
      deliveries: 506,
      failures: 0,
      receptions: 506,
      countedS: 590,
      uptimeS: 590,
      whole: false,
    };
    const text = `Summary Statistics For Binding example
        Open Connections:       0
        Active Queue Size:      0
        Total Queue Size:      0
        Successfully Delivered Messages:    506
        Failed Messages:      0
        Received Messages:    506
        Delivery Rate:   0.86 messages/second
        Reception Rate:   0.86 messages/second
        Uptime:    590 seconds`;
    expect(renderBindingSummaries([one])).toBe(text);
    const group = { ...one, title: 'Binding Group group1', whole: true };
    expect(renderBindingSummaries([one, group])).toBe(
      `${text}\n\n********************************************\n${text.replace('Binding example', 'Binding Group group1')}`,
    );
  });

  test('[CON-24] mailq', () => {
    const queue = (binding: string, domain: string, active: number, delayed: number) => {
      return { group: 'default', binding, domain, active, delayed };
    };
    expect(
      renderMailq([
        queue('default', 'yahoo.com', 11, 0),
        queue('gmail', 'gmail.com', 25, 5),
        queue('#mmove', 'gmail.com', 0, 0),
      ]),
    ).toBe(`Group/Binding                                       Domain      AQ      DQ
--------------------------------------------------------------------------
default/default                                  yahoo.com      11       0
default/gmail                                    gmail.com      25       5
default/#mmove                                   gmail.com       0       0`);
  });

  test('[CON-24] active and delayed, with the totals of all domains', () => {
    const domain = (name: string, connections: number, active: number, delayed: number, sent: number) => {
      return { name, connections, active, delayed, sent };
    };
    const total = { connections: 616, active: 22_965, delayed: 34_427, sent: 1_954_767 };
    expect(
      renderDomains([domain('c4.com', 0, 104, 0, 47), domain('earthlink.com', 60, 315, 192, 1_957)], total),
    ).toBe(`Domain:                         c4.com  C:  0  A:    104  D:     0  S:    47
Domain:                  earthlink.com  C: 60  A:    315  D:   192  S:  1957
                                Total:  C: 616  A:  22965  D: 34427  S:1954767`);
  });

  test('[CON-24] domain, show inbound, show outbound, showqueue', () => {
    const connection = {
      id: 36,
      peer: 'exchange.opf.com',
      host: '207.77.20.65',
      binding: 'default',
      state: 'connection handleconnect',
      forMs: 264,
    };
    expect(renderConnections('outbound', [connection])).toBe(
      '36: [outbound/connection_handleconnect] exchange.opf.com IPv4 207.77.20.65',
    );
    const client = { ...connection, id: 23, peer: '127.0.0.1:47741', host: undefined, state: 'data' };
    expect(renderConnections('inbound', [client])).toBe(
      '23: [inbound/data] IPv4 127.0.0.1:47741 (for 0.264s)',
    );
    const text = renderDomain({
      name: 'hotmail.com',
      scope: ['Domain hotmail.com {', '  max_outbound_connections = 20', '}'],
      hosts: [{ host: 'mx1.hotmail.com', addresses: ['65.54.254.129'] }],
      active: 212,
      delayed: 190,
      deliveries: 10_715,
      failures: 612,
      connections: [{ ...connection, id: 174, host: '65.54.252.99', state: 'reading confirmation' }],
    });
    expect(text).toBe(`Domain hotmail.com {
  max_outbound_connections = 20
}
Domain 'hotmail.com' has 1 host
  [mx1.hotmail.com]
        [65.54.254.129] IPv4
Queue:
        Active:        212
        Delayed:       190
Deliveries:     10715
Failures:         612
Active Connections: 1
[1] FD:    174  IP:    65.54.252.99  State: reading confirmation (264.00ms)`);
    expect(
      renderQueue([
        {
          queue: 'active',
          binding: 'default',
          id: 'B3/1D-18426-471AACF3',
          createdS: 1_070_244_212.9,
          from: 'sender@postalengine.com',
          to: ['rcpt1@example.com'],
        },
      ]),
    ).toBe(`[active/default] B3/1D-18426-471AACF3 Created: 1070244212
  From: <sender@postalengine.com> To: <rcpt1@example.com>`);
  });
});

const CONFIGURATION = `
ESMTP_Listener { Relay_Hosts = ( 10.0.0.0/8 ) }
Domain "slow.example" { Suspend_Delivery = true }
Domain "routed.example" { Routes = ( "192.0.2.1:26" ) }
Binding "plain" { Bind_Address = "10.1.0.2" }
Binding_Group "news" { Binding "n1" { Bind_Address = "10.1.0.3" } Binding "n2" { } }
`;

describe('commands of a node that runs mail', () => {
  test('[CON-24] count what was received and what waits', () => {
    const { type, receive } = mailConsole(CONFIGURATION);
    receive('a@x.example', ['b@slow.example'], '10.1.0.3');
    receive('a@x.example', ['b@slow.example', 'c@slow.example'], '10.1.0.2');
    receive('a@x.example', ['b@other.example'], '10.9.9.9');
    const lines = type('summary')
      .text.split('\n')
      .map((line) => line.trim());
    expect(lines).toContain('Received Messages:      4');
    expect(lines).toContain('Active Queue Size:      3');
    expect(type('mailq').text.split('\n').slice(2)).toEqual([
      'default/default                              other.example       1       0',
      'default/plain                                 slow.example       1       0',
      'news/n1                                       slow.example       1       0',
    ]);
    expect(type('mailq -d slow.example -b n1 plain -l 1').text.split('\n').slice(2)).toEqual([
      'default/plain                                 slow.example       1       0',
    ]);
    expect(type('mailq --binding n1 --domain other.example').text.split('\n')).toHaveLength(2);
    expect(type('active 1').text).toBe(
      [
        'Domain:                   slow.example  C:  0  A:      2  D:     0  S:     0',
        '                                Total:  C:   0  A:      3  D:     0  S:     0',
      ].join('\n'),
    );
    expect(type('xml active 1').text).toContain('<DomainSummary>\n    <Name>slow.example</Name>');
    expect(type('showqueue binding n1 slow.example').text).toMatch(
      /^\[active\/n1\] \S+ Created: \d+\n {2}From: <a@x\.example> To: <b@slow\.example>$/,
    );
    expect(type('showqueue binding all slow.example 1,1').text).toMatch(
      /^\[active\/plain\] .+(\n {2}From: .+){2}$/,
    );
    expect(type('domain routed.example').text).toMatch(
      /^Domain routed\.example \{[^}]+\}\nDomain 'routed\.example' has 1 host\n {2}\[192\.0\.2\.1\]\n {8}\[192\.0\.2\.1\] IPv4\nQueue:/,
    );
    expect(type('domain never.example').ok).toBe(false);
    expect(type('domain SLOW.example').text).toContain('Domain slow.example {\n  Suspend_Delivery = true\n}');
  });

  test('[CON-24] binding summary names every binding, by name, slot and group', () => {
    const { type, receive } = mailConsole(CONFIGURATION);
    receive('a@x.example', ['b@slow.example'], '10.1.0.3');
    const titles = (command: string) =>
      type(command)
        .text.split('\n')
        .filter((line) => line.startsWith('Summary'));
    expect(titles('binding summary').slice(0, 3)).toEqual([
      'Summary Statistics For Binding default',
      'Summary Statistics For Binding plain',
      'Summary Statistics For Binding n1',
    ]);
    expect(titles('binding summary 1')).toEqual(['Summary Statistics For Binding plain']);
    expect(titles('binding summary group:news')).toEqual([
      'Summary Statistics For Binding n1 in Binding Group news',
      'Summary Statistics For Binding n2 in Binding Group news',
      'Summary Statistics For Binding Group news',
    ]);
    expect(type('binding summary n1').text).toContain('Received Messages:      1');
    expect(type('binding summary nothing')).toEqual({ ok: false, text: 'Error: Unknown binding: nothing' });
    expect(type('binding summary group:nothing').ok).toBe(false);
  });

  test('[CON-24] summary reset counts anew, queues stay', () => {
    const { type, receive, pass } = mailConsole(CONFIGURATION);
    receive('a@x.example', ['b@slow.example'], '10.1.0.3');
    expect(type('summary reset').ok).toBe(true);
    pass(3_000);
    const { text } = type('summary');
    expect(text).toContain('Received Messages:      0');
    expect(text).toContain('Active Queue Size:      1');
    expect(text).toContain('Statistics Last Reset:      3 seconds');
  });

  test('[CON-24] rebind, flush domain and fail domain say how many messages they meant', () => {
    const { type, receive, commands } = mailConsole(CONFIGURATION);
    receive('a@x.example', ['b@slow.example'], '10.1.0.3');
    receive('a@x.example', ['b@slow.example'], '10.1.0.2');
    expect(type('rebind n1').text).toBe('Rebound 1 messages.');
    expect(type('rebind all').text).toBe('Rebound 2 messages.');
    expect(type('rebind n1 other.example').text).toBe('Rebound 0 messages.');
    expect(type('rebind nothing').text).toBe('Error: Unknown binding: nothing');
    expect(type('flush domain slow.example').text).toBe('slow.example flushed.  0 messages requeued.');
    expect(type('fail domain quiet slow.example').text).toBe('slow.example purged, 2 messages failed.');
    expect(commands().filter((command) => command === 'remove')).toHaveLength(2);
    expect(type('mailq -d slow.example').text).not.toMatch(/[1-9]$/m);
  });

  test('[CON-24] show inbound and outbound tell of connections as they are', () => {
    const { type, connect } = mailConsole(CONFIGURATION);
    expect(type('show inbound').text).toBe('');
    connect('10.1.0.3');
    expect(type('show inbound').text).toMatch(
      /^\d+: \[inbound\/\S+\] IPv4 10\.0\.0\.9:40000 \(for 0\.000s\)$/,
    );
    expect(type('show outbound').text).toBe('');
  });

  test('[CON-24] wrong words get the usage', () => {
    const { type } = mailConsole(CONFIGURATION);
    for (const command of [
      'active',
      'active x',
      'delayed -1',
      'mailq -x',
      'mailq -d',
      'mailq -l many',
      'rebind',
      'domain',
    ]) {
      expect(type(command).text, command).toMatch(/^Usage: /);
    }
  });
});

test('[CON-24] a node without mail says so instead of zeros', () => {
  const { type } = mailConsole('Retry_Interval = 5');
  for (const command of ['summary', 'mailq', 'active 1', 'binding summary', 'rebind all', 'show inbound']) {
    expect(type(command)).toEqual({ ok: false, text: `Error: ${NO_MAIL}` });
  }
});

test('[CON-24] they are classified, in the help, and completed', () => {
  const { type } = mailConsole('');
  const classes = [
    'summary',
    'mailq -l 5',
    'domain x',
    'showqueue x',
    'show inbound',
    'summary reset',
    'rebind all',
    'flush domain x',
    'fail domain x',
  ];
  expect(classes.map((command) => classifyCommand(command).class)).toEqual([
    'R',
    'R',
    'R',
    'R',
    'R',
    'W2',
    'W2',
    'W2',
    'W3',
  ]);
  expect(classifyCommand('fail domain quiet x.example')).toMatchObject({ class: 'W3', object: 'x.example' });
  const grammar = readGrammar(type('xml help').text);
  expect(completeLine('show ', grammar, []).words).toEqual(expect.arrayContaining(['inbound', 'outbound']));
  expect(completeLine('fail ', grammar, []).words).toEqual(['domain']);
});
