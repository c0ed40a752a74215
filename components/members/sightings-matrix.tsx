'use client';

/** Who sees whom: rows speak, columns are spoken of. Last known rows are hatched and dated. */

import { useMemo } from 'react';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatLatency, formatMoment } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import {
  CELL_GLYPHS,
  cellWord,
  type Matrix,
  type MatrixCell,
  type MatrixRow,
  type MissingLine,
  matrixOf,
  missingLines,
} from './who-sees-whom.ts';

/** Missing links named one by one; more are counted. */
const MISSING_SHOWN_MAX = 4;

export function SightingsMatrix() {
  const sightings = useCollection('sightings');
  const matrix = useMemo(() => matrixOf(sightings), [sightings]);
  if (matrix.names.length === 0) return <p className="muted">No server has told us about its links yet.</p>;
  return (
    <>
      <Verdict matrix={matrix} />
      <ScrollRegion className="matrix-scroll" label="Matrix of links">
        <table className="matrix" data-test={MARKS.members.matrix}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Server</span>
              </th>
              {matrix.names.map((name) => (
                <th key={name} scope="col" title={inertName(name)}>
                  <NodeSigil name={name} size="small" />
                  <span className="visually-hidden">{inertName(name)}</span>
                </th>
              ))}
              <th scope="col">
                <span className="visually-hidden">As of</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map((row) => (
              <MatrixLine key={row.from} row={row} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </>
  );
}

function MatrixLine({ row }: { readonly row: MatrixRow }) {
  const gatewayMs = useGatewayNow();
  return (
    <tr
      className={row.current ? undefined : 'hatched'}
      data-test={MARKS.members.matrixRow}
      data-from={row.from}
      data-current={row.current}
    >
      <th scope="row">
        <span className="name-tag">
          <NodeSigil name={row.from} size="small" dim={!row.current} />
          <span className="name-tag-text">{inertName(row.from)}</span>
        </span>
      </th>
      {row.cells.map((cell) => (
        <td
          key={cell.to}
          data-test={MARKS.members.matrixCell}
          data-from={cell.from}
          data-to={cell.to}
          data-state={cell.state}
          title={cellTitle(cell)}
        >
          <StatusGlyph shape={CELL_GLYPHS[cell.state]} {...(row.current ? {} : REMEMBERED)} />
          <span className="visually-hidden">{cellWord(cell.state)}</span>
        </td>
      ))}
      <td className="matrix-note">
        {row.current ? null : (
          <span data-test={MARKS.members.matrixDated}>
            {row.toldMs === null ? 'never told' : `as of ${formatMoment(row.toldMs, gatewayMs)}`}
          </span>
        )}
      </td>
    </tr>
  );
}

/** What a row said last is history: its shape stays, its colour does not. */
const REMEMBERED = { tone: 'stale' } as const;

function cellTitle(cell: MatrixCell): string {
  const pair = `${inertName(cell.from)} → ${inertName(cell.to)}: ${cellWord(cell.state)}`;
  if (cell.state !== 'up') return pair;
  return `${pair}, round trip ${formatLatency(cell.roundTripMs)}, backlog ${cell.backlog ?? '—'}`;
}

function Verdict({ matrix }: { readonly matrix: Matrix }) {
  if (matrix.expected === 0) {
    return (
      <div className="matrix-verdict" data-test={MARKS.members.matrixVerdict}>
        <Status shape="unknown">No pair of servers can be compared now.</Status>
      </div>
    );
  }
  if (matrix.missing.length === 0) {
    return (
      <div className="matrix-verdict" data-test={MARKS.members.matrixVerdict}>
        <Status shape="ok">
          Everyone sees everyone: {matrix.up} of {matrix.expected} links up.
        </Status>
      </div>
    );
  }
  const lines = missingLines(matrix);
  const shown = lines.slice(0, MISSING_SHOWN_MAX);
  return (
    <ul className="matrix-verdict" data-test={MARKS.members.matrixVerdict}>
      {shown.map((line) => (
        <MissingLineItem
          key={line.kind === 'unseen' ? line.to : `${line.cell.from} ${line.cell.to}`}
          line={line}
        />
      ))}
      {lines.length > shown.length ? <li className="muted">and {lines.length - shown.length} more</li> : null}
    </ul>
  );
}

function MissingLineItem({ line }: { readonly line: MissingLine }) {
  if (line.kind === 'unseen') {
    return (
      <li>
        <Status shape="critical">
          None of {line.by} sees {inertName(line.to)}.
        </Status>
      </li>
    );
  }
  const { cell, oneWay } = line;
  return (
    <li>
      <Status shape={oneWay ? 'disputed' : 'critical'}>
        {inertName(cell.from)} does not see {inertName(cell.to)} ({cellWord(cell.state)}
        {oneWay ? '; the other way is up' : ''}).
      </Status>
    </li>
  );
}
