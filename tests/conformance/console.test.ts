/** Literal texts and bytes of the console, as the documents print them (momentum.md 7.2 to 7.8). */

import { describe, expect, test } from 'vitest';
import { renderBanner } from '../../server/console/banner.ts';
import { encodeRequest, encodeResponse } from '../../server/console/console-frames.ts';
import { CONTROL_ENDPOINT_DEFAULT, parseControlEndpoint } from '../../server/console/control-endpoint.ts';
import {
  type ClusterInfo,
  type MemberLines,
  renderClusterInfo,
  renderManagerInfo,
  renderMembership,
  renderMembershipXml,
} from '../../server/console/membership-text.ts';
import { isFailureText } from '../../server/console/replies.ts';
import { renderCollected, renderCollectedXml } from '../../server/console/results-text.ts';

const pono: MemberLines = {
  privateName: '#ec0-20768#pono',
  nodeName: 'pono',
  subcluster: 'default',
  nodeType: 'Momentum',
  version: '3.0.10.30663 r(30669)',
  address: '10.79.0.20:4802',
  groups: ['ec_console', 'ec_sc_default', 'ec_cluster'],
};
const barca: MemberLines = {
  privateName: '#barca#barca',
  nodeName: null,
  subcluster: null,
  nodeType: 'Manager',
  version: '3.0.10.30663 r(30669)',
  address: null,
  groups: ['ec_cluster'],
};
const info: ClusterInfo = {
  daemon: '4803',
  mainName: '#ec0-22787#labrat-1',
  sharedName: '#ec1-22787#labrat-1',
  controlGroup: 'ec_console',
  clusterGroup: 'ec_cluster',
  leader: 'labrat-4',
  loggerGroup: undefined,
};

describe('the banner', () => {
  test('[CON-04] names program, version and copyright between lines of #', () => {
    expect(renderBanner({ program: 'eccmgr', version: '3.0.10.30753 r(30754)' })).toMatchInlineSnapshot(`
      "##############################################
      # eccmgr version: 3.0.10.30753 r(30754)
      # Copyright (c) 2026 The Muster authors
      # Licensed under the Apache License, Version 2.0
      ##############################################"
    `);
    expect(renderBanner({ program: 'ecelerity', version: '3.0.10.30987' }).split('\n')[1]).toBe(
      '# ecelerity version: 3.0.10.30987',
    );
  });
});

describe('the wire', () => {
  test('[CON-06] a request is type 1, a uint16 length and the text', () => {
    const frame = encodeRequest('version');
    expect(frame.ok && frame.value.toString('hex')).toBe('0001000776657273696f6e');
  });

  test('[CON-06] a response is type 1 with a uint16 length, above 65535 bytes type 2 with a uint32 length', () => {
    expect(encodeResponse('ok').toString('hex')).toBe('000100026f6b');
    expect(encodeResponse('').toString('hex')).toBe('00010000');
    expect(encodeResponse('x'.repeat(65_535)).subarray(0, 5).toString('hex')).toBe('0001ffff78');
    expect(encodeResponse('x'.repeat(65_536)).subarray(0, 7).toString('hex')).toBe('00020001000078');
  });

  test('[CON-06] lengths count bytes, not characters', () => {
    expect(encodeResponse('ü').toString('hex')).toBe('00010002c3bc');
  });
});

describe('[CON-26] endpoints', () => {
  test('[CON-01] [CON-03] the default is the socket /tmp/2025', () => {
    expect(CONTROL_ENDPOINT_DEFAULT).toBe('/tmp/2025');
    expect(parseControlEndpoint(CONTROL_ENDPOINT_DEFAULT)).toEqual({
      ok: true,
      value: { kind: 'unix', path: '/tmp/2025' },
    });
  });

  test.each([
    ['2030', { kind: 'unix', path: '/tmp/2030' }],
    ['./run/2025', { kind: 'unix', path: './run/2025' }],
    ['/tmp/a:1', { kind: 'unix', path: '/tmp/a:1' }],
    ['127.0.0.1:2025', { kind: 'tcp', host: '127.0.0.1', port: 2025, user: undefined }],
    ['mgr.example.com:2025', { kind: 'tcp', host: 'mgr.example.com', port: 2025, user: undefined }],
    ['john@127.0.0.1:2025', { kind: 'tcp', host: '127.0.0.1', port: 2025, user: 'john' }],
    ['[::1]:2025', { kind: 'tcp', host: '::1', port: 2025, user: undefined }],
    ['john@[fd82:7796::5ce8]:2424', { kind: 'tcp', host: 'fd82:7796::5ce8', port: 2424, user: 'john' }],
    ['*:2025', { kind: 'tcp', host: '', port: 2025, user: undefined }],
    [':2025', { kind: 'tcp', host: '', port: 2025, user: undefined }],
  ])('%s is understood', (text, endpoint) => {
    expect(parseControlEndpoint(text)).toEqual({ ok: true, value: endpoint });
  });

  test.each([
    ['', 'the endpoint is empty'],
    ['host:70000', 'the port in host:70000 is above 65535'],
    ['host:', 'host: is not a socket path and not host:port'],
    ['::1', '::1 is not a socket path and not host:port'],
    [
      'ssh://user:secret@host/ecuser:secret@*:2025',
      'ssh:// is not supported: forward a port (ssh -L 2025:127.0.0.1:2025 host) and connect to user@127.0.0.1:2025',
    ],
    [`/${'x'.repeat(107)}`, `the socket path /${'x'.repeat(107)} has 108 bytes, at most 107 are possible`],
  ])('%j is refused with one line', (text, error) => {
    expect(parseControlEndpoint(text)).toEqual({ ok: false, error });
  });

  test('a socket path of 107 bytes is possible', () => {
    expect(parseControlEndpoint(`/${'x'.repeat(106)}`).ok).toBe(true);
  });
});

describe('cluster info', () => {
  test('[CMD-11] prints Daemon, Control Group, Cluster Group with the leader, and Logger Group', () => {
    expect(renderClusterInfo(info)).toBe(
      [
        'Daemon: 4803 [m:#ec0-22787#labrat-1,s:#ec1-22787#labrat-1]',
        'Control Group: ec_console',
        'Cluster Group: ec_cluster (labrat-4 is leader)',
        'Logger Group: none',
      ].join('\n'),
    );
  });

  test('without a connection, a leader or with a log group it says so', () => {
    const lost = {
      ...info,
      mainName: undefined,
      sharedName: undefined,
      leader: undefined,
      loggerGroup: 'panic',
    };
    expect(renderClusterInfo(lost).split('\n')).toEqual([
      'Daemon: 4803 [not connected]',
      'Control Group: ec_console',
      'Cluster Group: ec_cluster (no leader)',
      'Logger Group: panic',
    ]);
  });

  test('[ECC-10] the info of a manager adds one line per node', () => {
    const manager = { ...info, mainName: '#eccmgr#labrat-3', sharedName: undefined };
    expect(renderManagerInfo(manager, [pono, { ...pono, nodeName: 'uhalehe', version: null }])).toBe(
      [
        'Daemon: 4803 [m:#eccmgr#labrat-3]',
        'Control Group: ec_console',
        'Cluster Group: ec_cluster (labrat-4 is leader)',
        'Logger Group: none',
        '',
        'Nodes: 2',
        '  pono     #ec0-20768#pono  default  10.79.0.20:4802  3.0.10.30663 r(30669)',
        '  uhalehe  #ec0-20768#pono  default  10.79.0.20:4802  (Null)',
      ].join('\n'),
    );
  });
});

describe('cluster membership', () => {
  test('[CMD-12] [CMD-13] prints seven lines per member, the manager with (Null) and 0.0.0.0:0', () => {
    expect(renderMembership([pono, barca])).toBe(`Private Name: #ec0-20768#pono
Node Name: pono
Subcluster: default
Node Type: Momentum
Version: 3.0.10.30663 r(30669)
Address: 10.79.0.20:4802
Groups: ec_console, ec_sc_default, ec_cluster

Private Name: #barca#barca
Node Name: (Null)
Subcluster: (Null)
Node Type: Manager
Version: 3.0.10.30663 r(30669)
Address: 0.0.0.0:0
Groups: ec_cluster`);
  });

  test('[CMD-12] nothing when there are no members', () => {
    expect(renderMembership([])).toBe('');
  });

  test('a name with a line end forges no line', () => {
    expect(renderMembership([{ ...pono, version: '1\nNode Type: Manager' }]).split('\n')).toHaveLength(7);
  });

  test('[ECC-09] [CON-11] the XML carries the same fields, one element per member', () => {
    expect(renderMembershipXml([pono, barca])).toMatchInlineSnapshot(`
      "<ClusterMembership>
        <Member>
          <PrivateName>#ec0-20768#pono</PrivateName>
          <NodeName>pono</NodeName>
          <Subcluster>default</Subcluster>
          <NodeType>Momentum</NodeType>
          <Version>3.0.10.30663 r(30669)</Version>
          <Address>10.79.0.20:4802</Address>
          <Groups>
            <Group>ec_console</Group>
            <Group>ec_sc_default</Group>
            <Group>ec_cluster</Group>
          </Groups>
        </Member>
        <Member>
          <PrivateName>#barca#barca</PrivateName>
          <NodeName/>
          <Subcluster/>
          <NodeType>Manager</NodeType>
          <Version>3.0.10.30663 r(30669)</Version>
          <Address/>
          <Groups>
            <Group>ec_cluster</Group>
          </Groups>
        </Member>
      </ClusterMembership>"
    `);
  });

  test('XML keeps hostile text inert', () => {
    const hostile = { ...pono, nodeName: '<a b="c">&\u0000\ud800' };
    expect(renderMembershipXml([hostile])).toContain(
      '<NodeName>&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd</NodeName>',
    );
  });
});

describe('retrieve', () => {
  const collected = {
    command: 'pid',
    replies: [
      { node: 'pono', privateName: '#ec0-20768#pono', ok: true, text: '20768\n' },
      { node: 'kea', privateName: '#ec0-00007#kea', ok: true, text: '' },
    ],
    missing: [{ node: 'uhalehe', privateName: '#ec0-08422#uhalehe', state: 'silent' }],
  } as const;

  test('[ECC-05] prints one block per node, then who has not answered', () => {
    expect(renderCollected(collected).text).toBe(
      [
        'Node: pono (#ec0-20768#pono)',
        '20768',
        '',
        'Node: kea (#ec0-00007#kea)',
        '',
        'No answer from 1 of 3:',
        '  uhalehe (#ec0-08422#uhalehe) silent',
      ].join('\n'),
    );
  });

  test('[CON-11] the XML has one element per node', () => {
    expect(renderCollectedXml(collected).text).toBe(
      [
        '<Results command="pid">',
        '  <Node name="pono" privateName="#ec0-20768#pono" ok="true">20768',
        '</Node>',
        '  <Node name="kea" privateName="#ec0-00007#kea" ok="true"/>',
        '  <NoAnswer name="uhalehe" privateName="#ec0-08422#uhalehe" state="silent"/>',
        '</Results>',
      ].join('\n'),
    );
  });
});

describe('failure texts', () => {
  test.each([
    'Unknown command: x',
    'Not Authorized for this command',
    'Authorization required for console session',
    'Reconfigure failed',
    "Option 'Blackhole' is not set in scope ''.",
  ])('%s means failure', (text) => {
    expect(isFailureText(text)).toBe(true);
  });

  test.each(['', 'Daemon: 4803', 'Node: pono (#ec0-1#pono)\nUnknown command: x', 'Blackhole = 0'])(
    '%j means success',
    (text) => {
      expect(isFailureText(text)).toBe(false);
    },
  );
});
