/**
 * Literal samples of momentum.md 7.5 and 7.6 that need no running cluster: what the renderers make of given facts, and
 * what a node without DuraVIPs, shared objects and logs prints.
 */

import { describe, expect, test } from 'vitest';
import { renderArp } from '../../server/console/arp-text.ts';
import { renderDuravips, renderDuravipTables } from '../../server/console/duravip-text.ts';
import { renderLogs } from '../../server/console/logs-text.ts';
import { renderModules } from '../../server/console/module-text.ts';
import {
  renderShared,
  renderSharedList,
  renderSharedListXml,
  renderSharedXml,
} from '../../server/console/shared-text.ts';
import { renderSysinfo } from '../../server/console/system-text.ts';
import { nodeConsole } from '../unit/cluster/consoles.ts';
import { FakeBus } from '../unit/cluster/fake-bus.ts';

function pono() {
  const bus = new FakeBus();
  const node = nodeConsole(bus, 'pono', { pid: 20_768 });
  bus.start(node.client);
  return node;
}

const TREE = { name: 'inbound_cidr', kind: 'cidrtree', snapshots: true } as const;
const GAUGES = { name: 'outbound_domains', kind: 'gauge table', snapshots: true } as const;

describe('samples', () => {
  test('[CMD-03] `cluster arp show`', () => {
    const hosts = [{ address: '10.80.116.204', mac: '00:e0:81:63:5c:e8', ageSeconds: 43 }];
    expect(renderArp(hosts)).toBe('10.80.116.204    [00:e0:81:63:5c:e8]  43s');
    expect(pono().type('cluster arp show')).toEqual({ ok: true, text: '' });
  });

  test('[CMD-07] `cluster duravip show`', () => {
    const names = ['flowgomail-hotmail-50', 'flowgomail-hotmail-51', 'flowgomail-hotmail-52'];
    const participant = (node: string, owner = false) => ({ node, services: 'multivip', owner });
    const vip = {
      address: '10.80.116.50',
      names,
      states: ['owned', 'safe'],
      services: 'multivip',
      viewStableSeconds: 5_420,
      configurationStableSeconds: 5_409,
      participants: [participant('labrat-2'), participant('labrat-1'), participant('labrat-4', true)],
    };
    expect(renderDuravips([vip])).toBe(
      [
        'DuraVIP State:',
        '10.80.116.50/flowgomail-hotmail-50/flowgomail-hotmail-51/flowgomail-hotmail-52: (owned,safe) multivip',
        '\t[view stable for 5420 seconds]',
        '\t[configuration stable for 5409 seconds]',
        '    \tlabrat-2 multivip',
        '    \tlabrat-1 multivip',
        ' *  \tlabrat-4 multivip',
      ].join('\n'),
    );
    expect(pono().type('cluster duravip show')).toEqual({ ok: true, text: 'DuraVIP State:' });
  });

  test('[CMD-08] [CMD-09] `cluster duravip show tables` is XML with the known names', () => {
    const text = renderDuravipTables([
      {
        name: 'vip-50',
        address: '10.80.116.50',
        state: 'owned',
        lastViewChange: 5_420,
        views: [{ privateName: '#ec0-1#pono', address: '10.80.116.50', name: 'vip-50', state: 'safe' }],
      },
    ]);
    const within = ['VIPStateTable', 'group_vips_by_name', 'VIPs', 'VIP', 'ViewsForParticipants'];
    const open = within.map((name) => text.indexOf(`<${name}>`));
    expect(open.every((at) => at > 0)).toBe(true);
    expect([...open].sort((a, b) => a - b)).toEqual(open);
    for (const name of ['Name', 'IP', 'State', 'Last_View_Change', 'ParticipantView', 'Private_Name']) {
      expect(text).toContain(`<${name}>`);
    }
    expect(text).toContain('<Last_View_Change>5420</Last_View_Change>');
    expect(pono().type('cluster duravip show tables').text).toContain('<VIPs/>');
  });

  test('[CMD-17] `cluster shared list`', () => {
    const objects = [TREE, { ...TREE, name: 'outbound_cidr' }, GAUGES];
    expect(renderSharedList(objects)).toBe(
      [
        'Currently managed objects:',
        '                  inbound_cidr [lazy, cidrtree w/ snapshots]',
        '                 outbound_cidr [lazy, cidrtree w/ snapshots]',
        '              outbound_domains [lazy, gauge table w/ snapshots]',
      ].join('\n'),
    );
    expect(renderSharedListXml(objects)).toContain('<GaugeTable name="outbound_domains"');
    expect(pono().type('cluster shared list')).toEqual({ ok: true, text: 'Currently managed objects:' });
  });

  test('`cluster shared show`: the header of the view that is asked for', () => {
    expect(renderShared(TREE, 'global', [])).toBe("lazy, snapped cidrtree 'inbound_cidr', view 'global'");
    expect(renderShared(TREE, '#ec1-12137#relay-0-1', [])).toBe(
      "lazy, snapped cidrtree 'inbound_cidr', view '#ec1-12137#relay-0-1'",
    );
    expect(renderShared(GAUGES, 'global', [])).toBe(
      "lazy, snapped gauge table 'outbound_domains', view 'global'",
    );
    const node = pono();
    for (const command of ['inbound_cidr', 'inbound_cidr from pono']) {
      expect(node.type(`cluster shared show ${command}`)).toEqual({
        ok: false,
        text: 'Error: Unknown shared object: inbound_cidr',
      });
    }
    expect(node.type('cluster shared show a of b').text).toMatch(/^Usage: cluster shared show <object>/);
  });

  test('[CMD-20] bodies of a tree of netblocks and of a table of gauges', () => {
    const blocks = [
      { key: '10.0.0.0/8', value: 31 },
      { key: '10.0.0.102/32', value: 0 },
      { key: '10.0.0.103/32', value: 4 },
    ];
    expect(renderShared(TREE, 'global', blocks)).toBe(
      [
        "lazy, snapped cidrtree 'inbound_cidr', view 'global'",
        '     31                         10.0.0.0/8',
        '      4                         10.0.0.103/32',
      ].join('\n'),
    );
    const [, line = ''] = renderShared(GAUGES, 'global', [{ key: 'example.com', value: 12 }]).split('\n');
    expect(line).toBe(`${'example.com'.padStart(60)}:${'12'.padStart(13)}`);
    const xml = renderSharedXml(TREE, 'global', blocks);
    expect(xml).toMatch(/^<CidrTree name="inbound_cidr" view="global">/);
    expect(xml.match(/<Value /g)).toHaveLength(2);
  });

  test('[CMD-21] `cluster show logs`', () => {
    const logs = [
      {
        key: 'mainlog',
        onDiskBytes: 1_604_005,
        subscribers: [{ name: 'master', segment: 0, offset: 0xa43a }],
      },
      { key: 'bouncealllog', onDiskBytes: 0, subscribers: [] },
    ];
    expect(renderLogs(logs)).toBe(
      [
        'mainlog',
        '\t[on disk: 1604005 bytes]',
        "\t[subscriber: 'master' @ 00000000:0000a43a]",
        'bouncealllog',
        '\t[on disk: 0 bytes]',
      ].join('\n'),
    );
    expect(pono().type('cluster show logs')).toEqual({ ok: true, text: '' });
  });

  test('`module list`: one block for each module, an instance only where there are several', () => {
    const singleton = { scope: 'cluster', instance: undefined, enabled: true, api: 'Singleton' } as const;
    const logger = { scope: 'ec_logger', instance: 'ec_logger1', enabled: false, api: 'Logger' } as const;
    const modules = [
      { ...singleton, name: 'cluster', description: 'membership' },
      { ...logger, name: 'ec_logger', description: 'log files' },
    ];
    expect(renderModules(modules)).toBe(
      [
        'Module: cluster',
        '  Scope_Name: cluster',
        '  Enabled: enabled',
        '  API: Singleton',
        '  Name: cluster',
        '  Description: membership',
        'Module: ec_logger:ec_logger1',
        '  Scope_Name: ec_logger',
        '  Instance_Name: ec_logger1',
        '  Enabled: disabled',
        '  API: Logger',
        '  Name: ec_logger',
        '  Description: log files',
      ].join('\n'),
    );
    expect(pono().type('module list').text).toMatch(/^Module: cluster\n[\s\S]*Module: msgc_server\n/);
  });

  test('`sysinfo`: version, product, distribution and kernel, each on a line', () => {
    const system = {
      productVersion: '3.0.0.36220 r(36220)',
      bits: 64,
      name: 'Linux',
      hostname: 'rh5bare',
      release: '2.6.18-8.el5',
      version: '#1 SMP Thu Mar 15 19:46:53 EDT 2007',
      machine: 'x86_64',
      distribution: 'CentOS release 5 (Final)',
    } as const;
    expect(renderSysinfo(system).split('\n')).toEqual([
      'Ecelerity Version: 3.0.0.36220 r(36220) (64-bit)',
      'product name: Muster',
      'CentOS release 5 (Final)',
      'Linux rh5bare 2.6.18-8.el5 #1 SMP Thu Mar 15 19:46:53 EDT 2007 x86_64',
    ]);
    expect(renderSysinfo({ ...system, distribution: undefined }).split('\n')).toHaveLength(3);
  });

  test('names that come from elsewhere cannot break lines or markup', () => {
    const hostile = 'a\nb<c>';
    expect(renderArp([{ address: hostile, mac: hostile, ageSeconds: 1 }]).split('\n')).toHaveLength(1);
    expect(renderSharedListXml([{ ...TREE, name: hostile }])).not.toContain('<c>');
    expect(renderShared(TREE, hostile, [{ key: hostile, value: 1 }]).split('\n')).toHaveLength(2);
    expect(renderLogs([{ key: hostile, onDiskBytes: 1, subscribers: [] }]).split('\n')).toHaveLength(2);
  });
});

describe('commands of a node', () => {
  test('[CMD-10] `cluster help` lists them', () => {
    const { text } = pono().type('cluster help');
    for (const command of ['info', 'membership', 'nodeaddr', 'nodename', 'reset', 'arp show', 'show logs']) {
      expect(text).toContain(`cluster ${command}`);
    }
  });

  test.each([
    'cluster arp show',
    'cluster duravip show',
    'cluster duravip show tables',
    'cluster info',
    'cluster nodeaddr',
    'cluster reset',
    'cluster shared list',
    'cluster show logs',
    'memory',
    'module list',
    'sysinfo',
  ])('[CON-11] `xml %s` is XML, as everything is with `xml` in front', (command) => {
    const { ok, text } = pono().type(`xml ${command}`);
    expect(ok).toBe(true);
    expect(text).toMatch(/^<\w+[ />]/);
  });

  test('`memory` shows all types, or the one that is named', () => {
    const node = pono();
    expect(node.type('memory').text.split('\n')).toEqual([
      'Resident: 50000000 bytes',
      'Heap Total: 30000000 bytes',
      'Heap Used: 20000000 bytes',
      'External: 2000000 bytes',
      'Array Buffers: 1000000 bytes',
    ]);
    expect(node.type('memory resident').text).toBe('Resident: 50000000 bytes');
    expect(node.type('memory nonsense').text).toMatch(/^Usage: memory/);
  });
});
