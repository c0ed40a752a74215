'use client';

/** A server's links: whom it sees and who sees it, with the round trip and what waits to be sent. */

import { useMemo } from 'react';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatLatency, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { CELL_GLYPHS, cellWord, matrixOf } from './who-sees-whom.ts';

export function NodeLinks({ name }: { readonly name: string | null }) {
  const sightings = useCollection('sightings');
  const gatewayMs = useGatewayNow(60_000);
  const matrix = useMemo(() => matrixOf(sightings), [sightings]);
  const row = matrix.rows.find((each) => each.from === name);
  if (name === null || row === undefined) {
    return <p className="muted">It runs no bus server of its own, so it has no links to compare.</p>;
  }
  const inbound = new Map(
    matrix.rows.map((each) => [each.from, each.cells.find((cell) => cell.to === name)?.state ?? 'unknown']),
  );
  return (
    <>
      {row.current ? null : (
        <p className="notice hatched" data-tone="stale">
          Its last known links, as of {formatMoment(row.toldMs, gatewayMs)}, beside what the others say now.
        </p>
      )}
      <ScrollRegion className="links-scroll" label="Links">
        <table className="table links-table">
          <thead>
            <tr>
              <th scope="col" className="label">
                Server
              </th>
              <th scope="col" className="label">
                It sees
              </th>
              <th scope="col" className="label">
                Is seen
              </th>
              <th scope="col" className="label number">
                Round trip
              </th>
              <th scope="col" className="label number">
                Backlog
              </th>
            </tr>
          </thead>
          <tbody>
            {row.cells
              .filter((cell) => cell.state !== 'self')
              .map((cell) => (
                <tr key={cell.to} data-test={MARKS.node.link} data-to={cell.to} data-state={cell.state}>
                  <th scope="row">
                    <span className="name-tag">
                      <NodeSigil name={cell.to} size="small" />
                      <span className="name-tag-text">{inertName(cell.to)}</span>
                    </span>
                  </th>
                  <td>
                    <Status shape={CELL_GLYPHS[cell.state]}>{cellWord(cell.state)}</Status>
                  </td>
                  <td>
                    <Status shape={CELL_GLYPHS[inbound.get(cell.to) ?? 'unknown']}>
                      {cellWord(inbound.get(cell.to) ?? 'unknown')}
                    </Status>
                  </td>
                  <td className="number">{formatLatency(cell.roundTripMs)}</td>
                  <td className="number">{cell.backlog ?? UNKNOWN}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </ScrollRegion>
    </>
  );
}
