'use client';

/** An XML reply as facts, sections and tables. Everything is text; what cannot be read is shown as it was sent. */

import { type ReactNode, useMemo } from 'react';
import { MARKS } from '../test-marks.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { readXml } from './read-xml.ts';
import { partsOf, type XmlNode, type XmlPart, type XmlTable } from './xml-shape.ts';

/** Rows of one table in view. */
const ROWS_SHOWN_MAX = 500;

export type XmlViewProps = { readonly text: string; readonly raw: ReactNode };

export function XmlView({ text, raw }: XmlViewProps) {
  const reading = useMemo(() => readXml(text), [text]);
  if (!reading.ok) {
    return (
      <>
        <p className="reply-plain">
          <Status shape="warning">No table: {reading.reason}. This is the reply as it was sent.</Status>
        </p>
        {raw}
      </>
    );
  }
  return (
    <div className="xml" data-test={MARKS.console.xmlTable}>
      <p className="xml-name">{inertName(reading.root.name)}</p>
      <Parts node={reading.root} />
    </div>
  );
}

function Parts({ node }: { readonly node: XmlNode }) {
  const parts = partsOf(node);
  const facts = parts.filter((part) => part.kind === 'fact');
  return (
    <>
      {facts.length === 0 ? null : (
        <dl className="xml-facts">
          {facts.map(({ name, text }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an attribute and a child may share a name; nothing moves
            <div key={index}>
              <dt>{inertName(name)}</dt>
              <dd>{text === '' ? <span className="muted">empty</span> : inertText(text)}</dd>
            </div>
          ))}
        </dl>
      )}
      {parts.map((part) => (
        <Part key={`${part.kind} ${nameOf(part)}`} part={part} />
      ))}
    </>
  );
}

function nameOf(part: XmlPart): string {
  switch (part.kind) {
    case 'fact':
    case 'lines':
      return part.name;
    case 'section':
      return part.node.name;
    case 'table':
      return part.table.name;
  }
}

function Part({ part }: { readonly part: XmlPart }) {
  switch (part.kind) {
    case 'fact':
      return null;
    case 'lines':
      return (
        <div className="xml-section">
          <p className="xml-name">{inertName(part.name)}</p>
          <pre>{part.texts.map(inertText).join('\n')}</pre>
        </div>
      );
    case 'section':
      return (
        <div className="xml-section">
          <p className="xml-name">{inertName(part.node.name)}</p>
          <Parts node={part.node} />
        </div>
      );
    case 'table':
      return <TableOf table={part.table} />;
  }
}

function TableOf({ table }: { readonly table: XmlTable }) {
  const rows = table.rows.slice(0, ROWS_SHOWN_MAX);
  return (
    <div className="xml-section">
      <table className="xml-table">
        <caption>
          {inertName(table.name)} <span className="muted">{table.rows.length}</span>
        </caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {inertName(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a reply have no name and never move
            <tr key={index}>
              {row.map((cell, at) => (
                <td key={table.columns[at]}>{cell === undefined ? null : <Cell nodes={cell} />}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.rows.length > rows.length ? (
        <p className="muted">{table.rows.length - rows.length} more rows are in the reply as it was sent.</p>
      ) : null}
    </div>
  );
}

function Cell({ nodes }: { readonly nodes: readonly XmlNode[] }) {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) {
    const plain = only.children.length === 0 && only.attributes.length === 0;
    return plain ? inertText(only.text) : <Parts node={only} />;
  }
  return (
    <ul className="xml-list">
      {nodes.map((node, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: elements of a reply have no name of their own and never move
        <li key={index}>
          <Cell nodes={[node]} />
        </li>
      ))}
    </ul>
  );
}
