/** The model of tables: filters, orders, what waits, what leaves the page. */

import { describe, expect, test } from 'vitest';
import type { Column } from '../../../components/ui/data-table/column.ts';
import {
  explicitChoice,
  shownColumns,
  withColumnMoved,
  withColumnShown,
} from '../../../components/ui/data-table/column-choice.ts';
import { copiedText, exportRows } from '../../../components/ui/data-table/export-rows.ts';
import {
  compileFilter,
  FILTER_CHARACTERS_MAX,
  FILTER_TERMS_MAX,
} from '../../../components/ui/data-table/filter.ts';
import {
  IPS_REMEMBERED_MAX,
  inNetwork,
  parseIp,
  parseNetwork,
} from '../../../components/ui/data-table/ip-order.ts';
import { orderedIds, pressSort, waitingChanges } from '../../../components/ui/data-table/row-order.ts';
import { readSort, SORT_COLUMNS_MAX } from '../../../components/ui/url-query.ts';

type Row = {
  readonly id: string;
  readonly role: string;
  readonly sub: string | null;
  readonly net: string | null;
  readonly upMs: number | null;
  readonly queue: number | null;
};

const COLUMNS: readonly Column<Row>[] = [
  { id: 'node', label: 'Node', kind: 'text', value: (row) => row.id },
  { id: 'role', label: 'Role', kind: 'word', value: (row) => row.role, choices: ['node', 'manager'] },
  { id: 'sub', label: 'Subcluster', kind: 'text', value: (row) => row.sub },
  { id: 'net', label: 'Address', kind: 'address', value: (row) => row.net },
  { id: 'up', label: 'Up', kind: 'duration', value: (row) => row.upMs },
  { id: 'queue', label: 'Queue', kind: 'number', value: (row) => row.queue },
  { id: 'act', label: 'Remove', kind: 'text', value: () => 'never', data: false },
];

const HOUR_MS = 3_600_000;

const ROWS: readonly Row[] = [
  { id: 'labrat-10', role: 'node', sub: 'default', net: '10.80.116.10:4803', upMs: 2 * HOUR_MS, queue: 0 },
  { id: 'labrat-9', role: 'node', sub: 'west', net: '10.80.116.9:4803', upMs: 90_000, queue: 12 },
  { id: 'mgr', role: 'manager', sub: null, net: null, upMs: null, queue: null },
  { id: 'west-1', role: 'node', sub: 'west', net: '10.79.240.129', upMs: 30 * HOUR_MS, queue: 3 },
  { id: 'six', role: 'node', sub: 'far west', net: '[2001:db8::7]:4803', upMs: 1, queue: -4 },
];

const rowId = (row: Row): string => row.id;

function filtered(text: string): readonly string[] {
  return ROWS.filter(compileFilter(text, COLUMNS).matches).map(rowId);
}

function problems(text: string): readonly string[] {
  return compileFilter(text, COLUMNS).problems;
}

function sorted(text: string): readonly string[] {
  const sorts = readSort(
    text,
    COLUMNS.map(({ id }) => id),
  );
  return orderedIds({ rows: ROWS, rowId, columns: COLUMNS, sorts, matches: () => true });
}

describe('filter', () => {
  test('plain text is searched in everything that is shown', () => {
    expect(filtered('WEST')).toEqual(['labrat-9', 'west-1', 'six']);
    expect(filtered('"2 h"')).toEqual(['labrat-10']);
    expect(filtered('never')).toEqual([]);
  });

  test('a token compares with its own column only', () => {
    expect(filtered('node:west')).toEqual(['west-1']);
    expect(filtered('sub:west role:node queue:12')).toEqual(['labrat-9']);
  });

  test('terms of one token are alternatives, comparisons are not', () => {
    expect(filtered('node:labrat node:mgr')).toEqual(['labrat-10', 'labrat-9', 'mgr']);
    expect(filtered('up:>1m up:<3h')).toEqual(['labrat-10', 'labrat-9']);
  });

  test('a minus turns a term round', () => {
    expect(filtered('-role:node')).toEqual(['mgr']);
    expect(filtered('-labrat -mgr -six')).toEqual(['west-1']);
    expect(filtered('-node:labrat -node:mgr')).toEqual(['west-1', 'six']);
  });

  test('spans, numbers and networks have their own words', () => {
    expect(filtered('up:>=1h30m')).toEqual(['labrat-10', 'west-1']);
    expect(filtered('queue:<0')).toEqual(['six']);
    expect(filtered('net:10.80.116.0/24')).toEqual(['labrat-10', 'labrat-9']);
    expect(filtered('net:2001:db8::/32')).toEqual(['six']);
    expect(filtered('net:10.79')).toEqual(['west-1']);
  });

  test('unknown values match only "unknown", never a comparison', () => {
    expect(filtered('up:unknown')).toEqual(['mgr']);
    expect(filtered('queue:<100')).not.toContain('mgr');
    expect(filtered('queue:0')).toEqual(['labrat-10']);
  });

  test('quotes keep blanks together', () => {
    expect(filtered('sub:"far west"')).toEqual(['six']);
    expect(filtered('"far west"')).toEqual(['six']);
  });

  test('an unknown token, a wrong word and a wrong amount are said and not applied', () => {
    expect(problems('owner:ana')).toEqual([
      'There is no token “owner:”. Here are: node, role, sub, net, up, queue.',
    ]);
    expect(filtered('owner:ana')).toHaveLength(ROWS.length);
    expect(problems('role:nodes')).toEqual(['“role:” is one of node, manager.']);
    expect(problems('up:>soon')[0]).toContain('time span');
    expect(problems('queue:')).toEqual(['“queue:” needs a value.']);
    expect(problems('act:never')[0]).toContain('no token');
  });

  test('addresses and IPv6 are no tokens', () => {
    expect(problems('10.80.116.9:4803')).toEqual([]);
    expect(filtered('10.80.116.9:4803')).toEqual(['labrat-9']);
    expect(problems('fe80::1')).toEqual([]);
    expect(problems('dead::1')).toEqual([]);
  });

  test('length and number of terms are bounded', () => {
    const many = Array.from({ length: FILTER_TERMS_MAX }, () => 'west').join(' ');
    expect(problems(many)).toEqual([]);
    expect(problems(`${many} west`)).toEqual([`Only the first ${FILTER_TERMS_MAX} terms are applied.`]);
    const long = 'x'.repeat(FILTER_CHARACTERS_MAX);
    const row = { ...(ROWS[0] as Row), id: long };
    expect(compileFilter(long, COLUMNS).matches(row)).toBe(true);
    expect(compileFilter(`${long}y`, COLUMNS).matches(row)).toBe(true);
  });
});

describe('order', () => {
  test('addresses and names sort as numbers, unknown last in both directions', () => {
    expect(sorted('net')).toEqual(['west-1', 'labrat-9', 'labrat-10', 'six', 'mgr']);
    expect(sorted('-net')).toEqual(['six', 'labrat-10', 'labrat-9', 'west-1', 'mgr']);
    expect(sorted('node')).toEqual(['labrat-9', 'labrat-10', 'mgr', 'six', 'west-1']);
    expect(sorted('-up')).toEqual(['west-1', 'labrat-10', 'labrat-9', 'six', 'mgr']);
    expect(sorted('queue')).toEqual(['six', 'labrat-10', 'west-1', 'labrat-9', 'mgr']);
  });

  test('equal rows keep their natural order, in both directions', () => {
    expect(sorted('role')).toEqual(['mgr', 'labrat-10', 'labrat-9', 'west-1', 'six']);
    expect(sorted('-role')).toEqual(['labrat-10', 'labrat-9', 'west-1', 'six', 'mgr']);
  });

  test('values that differ only in case are equal', () => {
    const names = ['WEST', 'west', 'West', 'east', 'wesT'];
    const rows = names.map((sub) => ({ id: sub, role: 'node', sub, net: null, upMs: null, queue: null }));
    const sorts = [{ column: 'sub', descending: false }];
    expect(orderedIds({ rows, rowId, columns: COLUMNS, sorts, matches: () => true })).toEqual([
      'east',
      'WEST',
      'west',
      'West',
      'wesT',
    ]);
  });

  test('several columns sort one after the other', () => {
    expect(sorted('role,-queue')).toEqual(['mgr', 'labrat-9', 'west-1', 'labrat-10', 'six']);
    expect(sorted('nothing,sub,node')).toEqual(['labrat-10', 'six', 'labrat-9', 'west-1', 'mgr']);
  });

  test('a head cycles; with Shift it joins the others, up to the bound', () => {
    const up = pressSort([], 'up', false);
    expect(up).toEqual([{ column: 'up', descending: false }]);
    expect(pressSort(up, 'up', false)).toEqual([{ column: 'up', descending: true }]);
    expect(pressSort(pressSort(up, 'up', false), 'up', false)).toEqual([]);
    const two = pressSort(up, 'node', true);
    expect(two.map(({ column }) => column)).toEqual(['up', 'node']);
    expect(pressSort(two, 'role', false).map(({ column }) => column)).toEqual(['role']);
    let many = pressSort([], 'c0', false);
    for (let n = 1; n <= SORT_COLUMNS_MAX; n += 1) many = pressSort(many, `c${n}`, true);
    expect(many).toHaveLength(SORT_COLUMNS_MAX);
  });

  test('changes that wait are those that appear, go or move', () => {
    expect(waitingChanges(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe(0);
    expect(waitingChanges(['a', 'b', 'c'], ['a', 'x', 'b', 'c'])).toBe(1);
    expect(waitingChanges(['a', 'b', 'c'], ['a', 'c'])).toBe(1);
    expect(waitingChanges(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])).toBe(1);
    expect(waitingChanges(['a', 'b', 'c'], ['c', 'b', 'x'])).toBe(3);
  });
});

describe('addresses', () => {
  test('ports and brackets are understood, nonsense is refused', () => {
    expect(parseIp('10.0.0.1:80')).toMatchObject({ family: 4, bits: 0x0a000001n, port: 80 });
    expect(parseIp('[::1]:65535')).toMatchObject({ family: 6, bits: 1n, port: 65_535 });
    for (const text of ['10.0.0.256', '10.0.0', '[::1]:65536', ':::', '1::2::3', 'labrat', '', '12345::1']) {
      expect(parseIp(text), text).toBeUndefined();
    }
  });

  test('more addresses than are remembered are understood as well', () => {
    const text = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    for (let n = 0; n <= IPS_REMEMBERED_MAX; n += 1) parseIp(text(n));
    expect(parseIp(text(0))?.bits).toBe(0x0a000000n);
    expect(parseIp(text(IPS_REMEMBERED_MAX))?.bits).toBe(0x0a008000n);
  });

  test('networks compare only their prefix and only their family', () => {
    const network = parseNetwork('10.1.0.0/16');
    if (network === undefined) throw new Error('10.1.0.0/16 is a network');
    const holds = (text: string): boolean => {
      const ip = parseIp(text);
      return ip !== undefined && inNetwork(ip, network);
    };
    expect(['10.1.255.255', '10.2.0.0', '::a01:0'].map(holds)).toEqual([true, false, false]);
    for (const text of ['10.1.0.0/33', '10.1.0.0', '10.1.0.0:1/16', '::1/129', '1/2/3']) {
      expect(parseNetwork(text), text).toBeUndefined();
    }
  });
});

describe('export', () => {
  const head = {
    title: 'Members',
    asOfMs: 0,
    zone: 'UTC',
    filter: 'role:node',
    perspective: 'all',
    total: 5,
  };
  const hostile: Row = {
    id: '=HYPERLINK("http://x","y")',
    role: '@SUM(A1)',
    sub: '+1',
    net: '-2|x\ny',
    upMs: 5,
    queue: -4,
  };

  test('CSV says where it comes from and starts no formula', () => {
    const lines = exportRows('csv', head, COLUMNS, [hostile]).split('\r\n');
    expect(lines.slice(0, 6).map((line) => line.split(':')[0])).toEqual([
      '# table',
      '# as of',
      '# zone',
      '# filter',
      '# perspective',
      '# rows',
    ]);
    expect(lines[1]).toMatch(/^# as of: (1970-01-01|1969-12-31)T.*[+-]\d\d:\d\d$/);
    expect(lines[5]).toBe('# rows: 1 of 5');
    expect(lines[6]).toBe('Node,Role,Subcluster,Address,Up (ms),Queue');
    expect(lines[7]).toBe(`"'=HYPERLINK(""http://x"",""y"")",'@SUM(A1),'+1,"'-2|x`.concat('\ny",5,-4'));
  });

  test('unknown is empty in CSV and null in NDJSON, not 0', () => {
    const [, , mgr] = ROWS;
    if (mgr === undefined) throw new Error('mgr is a row');
    expect(exportRows('csv', head, COLUMNS, [mgr])).toContain('mgr,manager,,,,\r\n');
    const [about, row] = exportRows('ndjson', head, COLUMNS, [mgr])
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(about).toMatchObject({ export: { table: 'Members', filter: 'role:node', rows: '1 of 5' } });
    expect(row).toEqual({ node: 'mgr', role: 'manager', sub: null, net: null, up: null, queue: null });
  });

  test('Markdown cannot be broken out of', () => {
    const text = exportRows('markdown', head, COLUMNS, [{ ...hostile, id: '<b>|x`' }]);
    expect(text).toContain('| \\<b\\>\\|x\\` |');
    expect(text.trim().split('\n').at(-1)).toContain('-2\\|x y');
  });

  test('a copied row is one line with tabs', () => {
    const [first] = ROWS;
    if (first === undefined) throw new Error('there is a first row');
    expect(copiedText(COLUMNS, [first])).toBe('labrat-10\tnode\tdefault\t10.80.116.10:4803\t2 h\t0');
  });
});

describe('columns', () => {
  const columns = [
    { id: 'a' },
    { id: 'b' },
    { id: 'c', show: 'hidden' },
    { id: 'd', show: 'never' },
  ] as const;
  const ids = (choice: Parameters<typeof shownColumns>[1]): readonly string[] =>
    shownColumns<{ readonly id: string; readonly show?: 'hidden' | 'never' }>(columns, choice).map(
      ({ id }) => id,
    );

  test('some wait to be asked for, some are no columns', () => {
    expect(ids(null)).toEqual(['a', 'b']);
    expect(ids(withColumnShown(explicitChoice(columns, null), 'c', true))).toEqual(['a', 'b', 'c']);
    expect(ids(withColumnShown(explicitChoice(columns, null), 'a', false))).toEqual(['a', 'b']);
  });

  test('the first stays first, whatever was stored', () => {
    const shown = withColumnShown(explicitChoice(columns, null), 'c', true);
    expect(ids(withColumnMoved(columns, shown, 'c', -1))).toEqual(['a', 'c', 'b']);
    expect(ids(withColumnMoved(columns, shown, 'b', -1))).toEqual(['a', 'b', 'c']);
    expect(ids(withColumnMoved(columns, shown, 'a', 1))).toEqual(['a', 'b', 'c']);
    expect(ids({ order: ['zz', 'c', 'a', 'b'], hidden: ['b', 'zz'] })).toEqual(['a', 'c']);
  });
});
