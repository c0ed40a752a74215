/** Console commands of a node on DuraVIP: literal samples of momentum.md 7.6, and the rules of 5.6 and 5.7. */

import { describe, expect, test } from 'vitest';
import { NODE_VIP_COMMANDS, type VipContext } from '../../server/cluster/node-vip-commands.ts';
import type { CommandSource } from '../../server/console/api.ts';
import { CommandTree } from '../../server/console/command-tree.ts';
import type { Neighbour, VipAnswer, VipTable, WhatIf, WhatIfChange } from '../../server/duravip/api.ts';
import { ip, nodeNamed, participantNamed, vipEntry, vipNode, vipTable } from '../support/vip-tables.ts';

const NAMES = ['flowgomail-hotmail-50', 'flowgomail-hotmail-51', 'flowgomail-hotmail-52'];
const NODES = ['labrat-2', 'labrat-1', 'labrat-4'];
const NOW_MS = 10_000_000;
const since = (seconds: number): number => NOW_MS - seconds * 1_000;

const BROADCAST: CommandSource = {
  user: '#manager#manager',
  via: 'bus',
  session: '#manager#manager',
  roles: [],
  broadcast: true,
};
const LOCAL: CommandSource = { user: 'ana', via: 'unix', session: 'unix 1', roles: [] };

const SAMPLE = vipEntry('10.80.116.50', NODES, {
  names: NAMES,
  viewSinceMs: since(5_420),
  configSinceMs: since(5_409),
});

/** The console of one node over a table made by hand; orders are written down and answered. */
function consoleOver(
  table: VipTable,
  more: {
    readonly neighbours?: readonly Neighbour[];
    readonly whatIf?: (change: WhatIfChange) => WhatIf;
    readonly answer?: VipAnswer;
  } = {},
) {
  const asked: unknown[] = [];
  const context: VipContext = {
    nowMs: NOW_MS,
    vips: {
      table,
      neighbours: () => more.neighbours ?? [],
      order: (order, asker) => {
        asked.push({ ...order, ...asker });
        return more.answer ?? { ok: true, text: 'asked for' };
      },
      whatIf: (change) => more.whatIf?.(change),
      setDebug: (on) => {
        asked.push({ debug: on });
      },
    },
  };
  const tree = new CommandTree<VipContext>();
  for (const spec of NODE_VIP_COMMANDS) tree.register(spec);
  return { asked, tree, type: (line: string, source = LOCAL) => tree.dispatch(line, source, context) };
}

const sample = (more: Parameters<typeof consoleOver>[1] = {}) =>
  consoleOver(
    vipTable(
      [SAMPLE],
      NODES.map((name) => vipNode(name)),
    ),
    more,
  );

describe('show', () => {
  test('[CMD-07] [VIP-20] [VIP-21] [VIP-22] the documented sample, letter by letter', () => {
    expect(sample().type('cluster duravip show').text).toBe(
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
  });

  test('[VIP-22] order and owner are those of each address', () => {
    const table = vipTable(
      [SAMPLE, vipEntry('10.80.116.51', ['labrat-4', 'labrat-2'], { names: ['b'] })],
      NODES.map((name) => vipNode(name)),
    );
    const lines = consoleOver(table).type('cluster duravip show').text.split('\n').slice(7);
    expect(lines.filter((line) => !line.startsWith('\t['))).toEqual([
      '10.80.116.51/b: (owned,safe) multivip',
      '    \tlabrat-4 multivip',
      ' *  \tlabrat-2 multivip',
    ]);
  });

  test.each([
    ['UNSAFE', { flags: { unsafe: true, conflict: false } }, '(owned,UNSAFE)'],
    ['conflict', { flags: { unsafe: false, conflict: true } }, '(owned,safe,conflict)'],
    ['BROKEN', { phase: 'broken', owner: undefined }, '(BROKEN)'],
    ['nobody has it', { phase: 'unowned', owner: undefined }, '(unowned,safe)'],
    ['it moves', { phase: 'moving', next: nodeNamed('labrat-1') }, '(owned,moving,safe)'],
  ] as const)('[VIP-20] the tag of an address: %s', (_name, more, tags) => {
    const table = vipTable([vipEntry('10.0.0.1', NODES, { names: ['a'], ...more })], []);
    const [, header, , , ...rows] = consoleOver(table).type('cluster duravip show').text.split('\n');
    expect(header).toBe(`10.0.0.1/a: ${tags} multivip`);
    expect(rows.filter((row) => row.startsWith(' *'))).toHaveLength(tags.includes('(owned') ? 1 : 0);
  });

  test('what is not agreed on yet says so', () => {
    const table = vipTable([SAMPLE], [], { synced: false });
    expect(consoleOver(table).type('cluster duravip show').text).toContain(
      ': (owned,unsynced,safe) multivip',
    );
  });

  test('a binding name of hostile text stays on its line', () => {
    const table = vipTable([vipEntry('10.0.0.1', NODES, { names: ['a\nb\u001b[31m'] })], []);
    expect(consoleOver(table).type('cluster duravip show').text.split('\n')).toHaveLength(7);
    expect(consoleOver(table).type('cluster duravip show').text).not.toContain('\u001b');
  });

  test('[CMD-08] [CMD-09] `show tables` has every participant; a differing name is outdated', () => {
    const entry = {
      ...SAMPLE,
      participants: [
        participantNamed('labrat-1', ['other']),
        participantNamed('labrat-2', NAMES, 'draining'),
        participantNamed('labrat-4', NAMES),
      ],
    };
    const { text } = consoleOver(vipTable([entry], [])).type('cluster duravip show tables');
    expect(text).toContain(`<Name>${NAMES.join('/')}</Name>`);
    expect(text).toContain('<State>owned,safe</State>');
    expect(text).toContain('<Last_View_Change>5420</Last_View_Change>');
    expect(text.match(/<ParticipantView>/g)).toHaveLength(3);
    expect(text).toContain('<Private_Name>#ec0-00001#labrat-1</Private_Name>');
    expect(text).toMatch(/<Name>other<\/Name>\s*<State>candidate<\/State>/);
    expect(text).toContain('<State>draining</State>');
    expect(text.match(/<State>owned<\/State>/g)).toHaveLength(1);
  });

  test('[CMD-03] `cluster arp show`', () => {
    const neighbours = [{ address: ip('10.80.116.204'), mac: '00:e0:81:63:5c:e8', ageSeconds: 43 }];
    expect(sample({ neighbours }).type('cluster arp show')).toEqual({
      ok: true,
      text: '10.80.116.204    [00:e0:81:63:5c:e8]  43s',
    });
  });
});

describe('move', () => {
  test('[CMD-04] [VIP-17] both forms ask for the same, as a broadcast', () => {
    const console = sample();
    for (const line of ['move 10.80.116.50 to labrat-1', 'move 10.80.116.50 labrat-1']) {
      expect(console.type(`cluster duravip ${line}`, BROADCAST)).toEqual({ ok: true, text: 'asked for' });
    }
    const order = {
      type: 'move',
      what: '10.80.116.50',
      to: 'labrat-1',
      user: '#manager#manager',
      broadcast: true,
    };
    expect(console.asked).toEqual([order, order]);
  });

  test('[CMD-04] [VIP-35] names are passed on as they are typed', () => {
    const console = sample();
    console.type('cluster duravip move Mixed-Case TO LabRat-1', BROADCAST);
    expect(console.asked).toMatchObject([{ what: 'Mixed-Case', to: 'LabRat-1' }]);
  });

  test('[VIP-18] the member hears whether all nodes were asked', () => {
    const console = sample();
    console.type('cluster duravip move 10.80.116.50 to labrat-1');
    console.type('cluster duravip move 10.80.116.50 to labrat-1', BROADCAST);
    expect(console.asked).toMatchObject([{ broadcast: false, user: 'ana' }, { broadcast: true }]);
  });

  test('too few and too many words: nothing is asked for', () => {
    const console = sample();
    for (const line of ['', ' 10.80.116.50', ' 10.80.116.50 onto labrat-1', ' a to labrat-1 now']) {
      expect(console.type(`cluster duravip move${line}`).text).toBe(
        'Usage: cluster duravip move <from_host> [to] <to_host>',
      );
    }
    expect(console.asked).toEqual([]);
  });

  test('a refusal of the member is a failed command', () => {
    const console = sample({ answer: { ok: false, text: '10.80.116.50 is not configured on labrat-1' } });
    expect(console.type('cluster duravip move 10.80.116.50 to labrat-1')).toEqual({
      ok: false,
      text: 'Error: 10.80.116.50 is not configured on labrat-1',
    });
  });
});

describe('other commands', () => {
  test('[CMD-05] [VIP-15] `announce view`', () => {
    const console = sample();
    expect(console.type('cluster duravip announce view', BROADCAST).ok).toBe(true);
    expect(console.asked).toMatchObject([{ type: 'announceView', broadcast: true }]);
  });

  test('[CMD-06] [VIP-23] `debug on | off`', () => {
    const console = sample();
    expect(console.type('cluster duravip debug on').text).toBe('DuraVIP debugging is on');
    expect(console.type('cluster duravip debug OFF').text).toBe('DuraVIP debugging is off');
    expect(console.type('cluster duravip debug').text).toBe('Usage: cluster duravip debug { on | off }');
    expect(console.asked).toEqual([{ debug: true }, { debug: false }]);
  });

  test('ours: drain, undrain, unpin', () => {
    const console = sample();
    console.type('cluster duravip drain labrat-4', BROADCAST);
    console.type('cluster duravip undrain labrat-4', BROADCAST);
    console.type('cluster duravip unpin flowgomail-hotmail-50', BROADCAST);
    expect(console.asked).toMatchObject([
      { type: 'drain', node: 'labrat-4' },
      { type: 'undrain', node: 'labrat-4' },
      { type: 'unpin', what: 'flowgomail-hotmail-50' },
    ]);
  });

  test('ours: `whatif` says what the election says, in words and as XML', () => {
    const changes: WhatIfChange[] = [];
    const whatIf = (change: WhatIfChange): WhatIf => {
      changes.push(change);
      return {
        viewId: '7',
        epoch: '7.1',
        moves: [
          {
            address: ip('10.80.116.50'),
            from: nodeNamed('labrat-4'),
            to: nodeNamed('labrat-1'),
            losesPreference: true,
          },
          { address: ip('10.80.116.51'), from: nodeNamed('labrat-4'), to: undefined, losesPreference: false },
        ],
        loads: [{ node: nodeNamed('labrat-1'), before: 0, after: 1 }],
      };
    };
    const console = sample({ whatIf });
    expect(console.type('cluster duravip whatif LABRAT-4').text).toBe(
      [
        'If labrat-4 leaves [view 7, epoch 7.1]:',
        '10.80.116.50     from labrat-4 to labrat-1 (not where it prefers to be)',
        '10.80.116.51     from labrat-4 to nobody: no candidate is left',
        'Addresses per node, now and then:',
        '\tlabrat-1 0 1',
      ].join('\n'),
    );
    expect(console.type('xml cluster duravip whatif labrat-4 labrat-2').text).toMatch(/^<WhatIf viewId="7"/);
    expect(changes).toEqual([
      { without: ['labrat-4'], drained: [] },
      { without: ['labrat-4', 'labrat-2'], drained: [] },
    ]);
    expect(console.type('cluster duravip whatif labrat-4 nobody').text).toBe('Unknown node: nobody');
    expect(sample().type('cluster duravip whatif labrat-4').text).toMatch(
      /^Error: the nodes have not agreed/,
    );
  });

  test('every command is in the help, with its class', () => {
    const classes = Object.fromEntries(
      sample()
        .tree.list()
        .map(({ words, class: of }) => [words, of]),
    );
    expect(classes).toMatchObject({
      'cluster duravip show': 'R',
      'cluster duravip whatif': 'R',
      'cluster duravip drain': 'W2',
      'cluster duravip undrain': 'W2',
      'cluster duravip unpin': 'W1',
      'cluster duravip announce view': 'W2',
    });
  });
});
