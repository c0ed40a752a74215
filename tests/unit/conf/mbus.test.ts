import { describe, expect, test } from 'vitest';
import { withoutPositions } from '../../../server/conf/ast.ts';
import { DiagnosticSink } from '../../../server/conf/diagnostics.ts';
import {
  MBUS_ENTRIES_MAX,
  MBUS_LINE_MAX,
  type MbusConfiguration,
  parseMbus,
  printMbus,
} from '../../../server/conf/mbus.ts';
import { seedSamples } from '../../support/conf-samples.ts';

function read(text: string): { readonly mbus: MbusConfiguration; readonly messages: readonly string[] } {
  const sink = new DiagnosticSink();
  const mbus = parseMbus('mbus.conf', text, sink);
  return { mbus, messages: sink.list().diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`) };
}

describe.each(seedSamples('mbus'))('the sample %s', (_name, text) => {
  test('names its document in its first comment', () => {
    expect(text).toMatch(/^# Document: 00\d_[0-9a-f]{16} /);
  });

  test('parses without a diagnostic, prints and reads back to the same segments', () => {
    const { mbus, messages } = read(text);
    expect(messages).toEqual([]);
    expect(withoutPositions(read(printMbus(mbus)).mbus)).toEqual(withoutPositions(mbus));
  });

  test('ties segments to subclusters through the comment before them', () => {
    expect(
      read(text).mbus.segments.map(({ subcluster, manager, address, port, hosts }) => [
        subcluster,
        manager,
        `${address}:${port}`,
        hosts.map(({ name, address }) => `${name} ${address}`),
      ]),
    ).toEqual([
      [
        'east',
        'rh52mgr.vmnet24.example.com',
        '10.79.24.255:4803',
        ['rh52bare 10.79.24.130', 'rh52mgr 10.79.24.136'],
      ],
      ['west', 'rh52mgr.vmnet24.example.com', '10.79.240.255:4803', ['rh52bar2 10.79.240.129']],
    ]);
  });
});

test('settings of the bus daemon are kept', () => {
  const text = 'SocketPortReuse = on\nDebugFlags = { EXIT CONFIGURATION }\nEventTimeStamp\n';
  const { mbus, messages } = read(text);
  expect(messages).toEqual([]);
  expect(mbus.statements.map(({ name, value }) => [name, value])).toEqual([
    ['SocketPortReuse', 'on'],
    ['DebugFlags', ['EXIT', 'CONFIGURATION']],
    ['EventTimeStamp', undefined],
  ]);
  expect(withoutPositions(read(printMbus(mbus)).mbus)).toEqual(withoutPositions(mbus));
});

test('the comment may be written with => as well', () => {
  expect(read('# Subcluster: east => mgr\nSpread_Segment 10.0.0.255 {\n}\n').mbus.segments[0]).toMatchObject({
    subcluster: 'east',
    manager: 'mgr',
    port: 4803,
  });
});

test('all mistakes are reported', () => {
  const text = 'Spread_Segment 10.0.0.999:1 {\n  a b\n  c 10.0.0.1\n}\n{ what\nSpread_Segment 10.0.0.1:2 {\n';
  expect(read(text).messages).toEqual([
    '1:16 CONF_UNEXPECTED_TOKEN',
    '2:5 CONF_UNEXPECTED_TOKEN',
    '5:1 CONF_UNEXPECTED_TOKEN',
    '6:1 CONF_UNEXPECTED_TOKEN',
  ]);
});

test('lines and entries are bounded', () => {
  expect(read('a'.repeat(MBUS_LINE_MAX)).messages).toEqual([]);
  expect(read('a'.repeat(MBUS_LINE_MAX + 1)).messages).toHaveLength(1);
  expect(read('a\n'.repeat(MBUS_ENTRIES_MAX)).messages).toEqual([]);
  expect(read('a\n'.repeat(MBUS_ENTRIES_MAX + 1)).messages).toEqual([
    `${MBUS_ENTRIES_MAX + 1}:1 CONF_TOO_MANY_TOKENS`,
  ]);
});
