// @vitest-environment happy-dom

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { readXml } from '../../../components/console/read-xml.ts';
import {
  looksLikeXml,
  partsOf,
  XML_COLUMNS_MAX,
  XML_NODES_MAX,
  type XmlNode,
} from '../../../components/console/xml-shape.ts';
import { XmlView } from '../../../components/console/xml-view.tsx';

afterEach(cleanup);

function rootOf(text: string): XmlNode {
  const reading = readXml(text);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.root;
}

describe('an XML reply as parts', () => {
  test('children of one name become a table with a column for all that any of them has', () => {
    const [part] = partsOf(rootOf('<L><M id="a"><Up>5</Up></M><M id="b"><Down>3</Down></M></L>'));
    if (part?.kind !== 'table') throw new Error('no table');
    expect(part.table.columns).toEqual(['id', 'Up', 'Down']);
    const cells = part.table.rows.map((row) => row.map((cell) => cell?.map(({ text }) => text).join()));
    expect(cells).toEqual([
      ['a', '5', undefined],
      ['b', undefined, '3'],
    ]);
  });

  test('lines of text stay lines, single children are facts or sections', () => {
    const parts = partsOf(
      rootOf('<R command="x"><Line>one</Line><Line> two</Line><N>1</N><S><A>1</A></S></R>'),
    );
    expect(parts.map(({ kind }) => kind)).toEqual(['fact', 'lines', 'fact', 'section']);
    expect(parts[1]).toMatchObject({ name: 'Line', texts: ['one', ' two'] });
  });

  test('too many columns are left out of the table, not out of the reply', () => {
    const row = (letter: string): string =>
      `<M>${Array.from({ length: XML_COLUMNS_MAX + 1 }, (_, index) => `<${letter}${index}/>`).join('')}</M>`;
    const [part] = partsOf(rootOf(`<L>${row('a')}${row('a')}</L>`));
    expect(part?.kind === 'table' && part.table.columns.length).toBe(XML_COLUMNS_MAX);
  });
});

describe('what stays raw', () => {
  test('text that is no XML is not offered as a table', () => {
    expect(looksLikeXml('a < b')).toBe(false);
    expect(looksLikeXml('<3')).toBe(false);
    expect(looksLikeXml(' <Reply/>\n')).toBe(true);
  });

  test('a document type is refused before it is parsed, so that no entity grows', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>';
    expect(readXml(bomb)).toMatchObject({ ok: false });
  });

  test('elements are bounded', () => {
    const rows = (count: number): string => `<L>${'<M/>'.repeat(count)}</L>`;
    expect(readXml(rows(XML_NODES_MAX - 1)).ok).toBe(true);
    expect(readXml(rows(XML_NODES_MAX)).ok).toBe(false);
    expect(readXml(`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`).ok).toBe(false);
  });
});

test('everything is shown as text', () => {
  const { container } = render(
    <XmlView
      text={'<L><M id="&lt;b&gt;"><T>&lt;img src=x&gt;</T></M><M id="2"/></L>'}
      raw={<pre>raw</pre>}
    />,
  );
  expect(screen.getByText('<img src=x>')).toBeTruthy();
  expect(screen.getByText('<b>')).toBeTruthy();
  expect(container.querySelector('img, b')).toBeNull();
});

test('a reply that cannot be read is shown as it was sent, with the reason', () => {
  render(<XmlView text={'<!DOCTYPE x><x/>'} raw={<pre>as it was sent</pre>} />);
  expect(screen.getByText('as it was sent')).toBeTruthy();
  expect(document.body.textContent).toContain('it declares a document type');
});
