'use client';

/**
 * Who links to whom: rows speak, columns are spoken of. One tab stop; arrows move from cell to cell, Enter keeps a link
 * open. Last known rows are hatched and dated. Beyond COMPACT_FROM servers a cell is its glyph and its backlog alone.
 */

import { type KeyboardEvent, memo, type SyntheticEvent, useRef, useState } from 'react';
import { CELL_GLYPHS, type CellState, cellWord, type MatrixRow } from '../members/who-sees-whom.ts';
import { MARKS } from '../test-marks.ts';
import { GRID_ROLES } from '../ui/data-table/grid-roles.ts';
import { formatLatency, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { BacklogMeter } from './backlog-meter.tsx';
import { type LinkPair, samePair } from './bus-address.ts';
import { type BusPicture, type BusServer, linkOf, serverOf } from './bus-picture.ts';
import { backlogShare, formatByteRate, formatShare } from './bus-words.ts';
import { FiguresAge } from './figures-age.tsx';

export const COMPACT_FROM = 13;
/** Up to here a cell has room for what is sent as well. */
const ROOMY_TO = 7;

export type MeshMatrixProps = {
  readonly picture: BusPicture;
  /** The link that is kept open. */
  readonly open: LinkPair | null;
  /** The server that the page is looked at from. */
  readonly node: string | null;
  /** Pointer or focus is on a link; null: on none. */
  readonly onPoint: (pair: LinkPair | null) => void;
  readonly onOpen: (pair: LinkPair) => void;
};

export const MeshMatrix = memo(function MeshMatrix({
  picture,
  open,
  node,
  onPoint,
  onOpen,
}: MeshMatrixProps) {
  const { names, rows } = picture.matrix;
  const compact = names.length >= COMPACT_FROM;
  const grid = useGridFocus(names);
  const pointed = (event: SyntheticEvent): LinkPair | null => pairAt(event.target);
  return (
    <ScrollRegion className="mesh-scroll" label="Matrix of links">
      <table
        {...GRID_ROLES.grid}
        className="matrix mesh"
        data-compact={compact || undefined}
        aria-label="Links: from the server of the row to the server of the column"
        aria-rowcount={names.length + 1}
        aria-colcount={names.length + 2}
        data-test={MARKS.bus.matrix}
        ref={grid.element}
        onPointerOver={(event) => onPoint(pointed(event))}
        onPointerLeave={() => onPoint(null)}
        onFocus={(event) => {
          grid.onFocus(event.target);
          onPoint(pointed(event));
        }}
        onBlur={() => onPoint(null)}
        onClick={(event) => {
          const pair = pointed(event);
          if (pair !== null) onOpen(pair);
        }}
        onKeyDown={(event) => {
          const pair = pointed(event);
          if ((event.key === 'Enter' || event.key === ' ') && pair !== null) {
            event.preventDefault();
            onOpen(pair);
          } else grid.onKeyDown(event);
        }}
      >
        <MeshHead names={names} compact={compact} node={node} />
        <tbody {...GRID_ROLES.rowgroup}>
          {rows.map((row, index) => (
            <MeshRow
              key={row.from}
              row={row}
              index={index}
              picture={picture}
              compact={compact}
              open={open}
              node={node}
              active={grid.activeRow === index ? grid.activeColumn : null}
            />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
});

function pairAt(target: EventTarget): LinkPair | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-to]') : null;
  const { from, to } = cell?.dataset ?? {};
  return from === undefined || to === undefined || from === to ? null : { from, to };
}

type MeshHeadProps = {
  readonly names: readonly string[];
  readonly compact: boolean;
  readonly node: string | null;
};

function MeshHead({ names, compact, node }: MeshHeadProps) {
  return (
    <thead {...GRID_ROLES.rowgroup}>
      <tr {...GRID_ROLES.row} aria-rowindex={1}>
        <th {...GRID_ROLES.columnheader} scope="col" aria-colindex={1}>
          <span className="visually-hidden">Server</span>
        </th>
        {names.map((name, index) => (
          <th
            key={name}
            {...GRID_ROLES.columnheader}
            scope="col"
            aria-colindex={index + 2}
            title={inertName(name)}
            data-chosen={name === node || undefined}
          >
            <NodeSigil name={name} size="small" />
            <span className={compact ? 'visually-hidden' : 'mesh-name'}>{inertName(name)}</span>
          </th>
        ))}
        <th
          {...GRID_ROLES.columnheader}
          scope="col"
          aria-colindex={names.length + 2}
          className="label mesh-age"
        >
          told
        </th>
      </tr>
    </thead>
  );
}

type MeshRowProps = {
  readonly row: MatrixRow;
  readonly index: number;
  readonly picture: BusPicture;
  readonly compact: boolean;
  readonly open: LinkPair | null;
  readonly node: string | null;
  /** Column of the one tab stop; null in other rows. */
  readonly active: number | null;
};

function MeshRow({ row, index, picture, compact, open, node, active }: MeshRowProps) {
  const server = serverOf(picture, row.from);
  const known = server?.figures.current === true;
  return (
    <tr
      {...GRID_ROLES.row}
      aria-rowindex={index + 2}
      className={known ? undefined : 'hatched'}
      data-test={MARKS.bus.matrixRow}
      data-from={row.from}
      data-current={known}
      data-chosen={row.from === node || undefined}
    >
      <th {...GRID_ROLES.rowheader} scope="row" aria-colindex={1}>
        <span className="name-tag">
          <NodeSigil name={row.from} size="small" dim={!known} />
          <span className="name-tag-text">{inertName(row.from)}</span>
        </span>
      </th>
      {row.cells.map((cell, column) => (
        <MeshCell
          key={cell.to}
          {...cellProps(picture, server, { from: cell.from, to: cell.to })}
          state={cell.state}
          compact={compact}
          column={column}
          chosen={cell.to === node}
          open={samePair(open, cell)}
          active={active === column}
        />
      ))}
      <td {...GRID_ROLES.gridcell} className="mesh-age" aria-colindex={row.cells.length + 2}>
        <FiguresAge server={server} />
      </td>
    </tr>
  );
}

function cellProps(picture: BusPicture, server: BusServer | undefined, pair: LinkPair) {
  const link = linkOf(picture, pair.from, pair.to);
  const share = server === undefined ? null : backlogShare(link?.backlog, server.figures.maxBacklog);
  return {
    ...pair,
    roundTrip: link?.state === 'up' ? formatLatency(link.roundTripMs) : null,
    sent:
      link?.state === 'up' && picture.matrix.names.length <= ROOMY_TO
        ? formatByteRate(link.rates?.bytesOut)
        : null,
    share,
    slow: link !== undefined && link.slow !== null,
    remembered: server?.figures.current !== true || server.old,
  };
}

type MeshCellProps = ReturnType<typeof cellProps> & {
  readonly state: CellState;
  readonly compact: boolean;
  readonly column: number;
  readonly chosen: boolean;
  readonly open: boolean;
  readonly active: boolean;
};

/** Plain values only, so that a cell is drawn again when what it shows changes and not once a second. */
const MeshCell = memo(function MeshCell(props: MeshCellProps) {
  const { from, to, state, roundTrip, sent, share, slow, remembered, compact } = props;
  const shape = state === 'up' && slow ? 'warning' : CELL_GLYPHS[state];
  const kept = { 'aria-selected': props.open };
  return (
    <td
      {...GRID_ROLES.gridcell}
      {...kept}
      aria-colindex={props.column + 2}
      tabIndex={props.active ? 0 : -1}
      data-test={MARKS.bus.matrixCell}
      data-from={from}
      data-to={to}
      data-state={state}
      data-slow={slow || undefined}
      data-chosen={props.chosen || undefined}
    >
      <span className="mesh-cell">
        <StatusGlyph shape={shape} {...(remembered ? { tone: 'stale' } : {})} />
        <span className="visually-hidden">
          {cellWord(state)}
          {slow ? ', slow' : ''}
        </span>
        {roundTrip === null ? null : (
          <span className={compact ? 'visually-hidden' : 'mesh-figures'}>
            <span className={remembered ? 'value-stale' : undefined}>{roundTrip}</span>
            {sent === null ? null : <span className={remembered ? 'value-stale' : 'muted'}>{sent}</span>}
          </span>
        )}
        {roundTrip !== null || compact || state === 'self' ? null : (
          <span aria-hidden="true">{state === 'unknown' ? UNKNOWN : state}</span>
        )}
        {state === 'self' || share === null ? null : (
          <>
            <BacklogMeter share={share} />
            <span className="visually-hidden">, backlog {formatShare(share)}</span>
          </>
        )}
      </span>
    </td>
  );
});

/** Where the one tab stop of the cells stands; it follows the focus. */
function useGridFocus(names: readonly string[]) {
  const element = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState({ row: 0, column: 1 });
  const last = names.length - 1;
  const activeRow = Math.min(at.row, Math.max(0, last));
  const activeColumn = Math.min(at.column, Math.max(0, last));
  const go = (row: number, column: number): void => {
    const line = element.current?.tBodies[0]?.rows[Math.max(0, Math.min(last, row))];
    line?.querySelectorAll<HTMLElement>('[data-to]')[Math.max(0, Math.min(last, column))]?.focus();
  };
  const onFocus = (target: EventTarget): void => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('[data-to]') : null;
    const { from = '', to = '' } = cell?.dataset ?? {};
    if (cell !== null) setAt({ row: names.indexOf(from), column: names.indexOf(to) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [activeRow - 1, activeColumn],
      ArrowDown: [activeRow + 1, activeColumn],
      ArrowLeft: [activeRow, activeColumn - 1],
      ArrowRight: [activeRow, activeColumn + 1],
      Home: [activeRow, 0],
      End: [activeRow, last],
      PageUp: [0, activeColumn],
      PageDown: [last, activeColumn],
    };
    const step = steps[event.key];
    if (step === undefined || !(event.target instanceof HTMLElement) || !event.target.matches('[data-to]'))
      return;
    event.preventDefault();
    go(...step);
  };
  return { element, activeRow, activeColumn, onFocus, onKeyDown };
}
