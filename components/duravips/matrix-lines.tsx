'use client';

/** Rows of the matrix: a network with its counts, or an address with a cell for each node. */

import { memo } from 'react';
import { MARKS } from '../test-marks.ts';
import { GRID_ROLES } from '../ui/data-table/grid-roles.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { MatrixGlyph } from './matrix-glyph.tsx';
import { differenceWords, differs, type MatrixGroup, matrixCell } from './matrix-rows.ts';
import { ownerFact, STATE_SHAPES, type Vip } from './vip-words.ts';

type LineProps = {
  readonly ariaRow: number;
  readonly names: readonly string[];
  /** Column of the one tab stop, 0 is the head of the row; null in other rows. */
  readonly active: number | null;
};

type GroupProps = LineProps & {
  readonly group: MatrixGroup;
  readonly onTurn: (network: string) => void;
};

export const MatrixGroupRow = memo(function MatrixGroupRow({ group, onTurn, ...line }: GroupProps) {
  const { network, open, addresses, owned, troubled } = group;
  return (
    <tr
      {...GRID_ROLES.row}
      aria-rowindex={line.ariaRow}
      className="vip-matrix-group"
      data-row={group.id}
      data-test={MARKS.duravips.matrixGroup}
      data-network={network}
    >
      <th {...GRID_ROLES.rowheader} scope="row" aria-colindex={1}>
        <button
          type="button"
          className="vip-turn"
          aria-expanded={open}
          tabIndex={line.active === 0 ? 0 : -1}
          data-column={0}
          onClick={() => onTurn(network)}
        >
          <span className="vip-turn-mark" aria-hidden="true">
            {open ? '▾' : '▸'}
          </span>
          <span className="mono">{inertName(network)}</span>
        </button>
        <span className="muted vip-matrix-note">{plural(addresses, 'address', 'addresses')}</span>
        {troubled === 0 ? null : (
          <span className="tag">
            <StatusGlyph shape="disputed" /> {troubled}
            <span className="visually-hidden"> unowned or in dispute</span>
          </span>
        )}
      </th>
      {line.names.map((name, index) => (
        <td
          key={name}
          {...GRID_ROLES.gridcell}
          aria-colindex={index + 2}
          tabIndex={line.active === index + 1 ? 0 : -1}
          data-column={index + 1}
        >
          {owned.get(name) ?? <span className="muted">–</span>}
        </td>
      ))}
    </tr>
  );
});

type VipProps = LineProps & {
  readonly vip: Vip;
  readonly open: boolean;
  /** Why nothing can be moved now; null when it can. */
  readonly obstacle: string | null;
  readonly onPress: (address: string, node: string, owner: boolean) => void;
  readonly onShow: (address: string) => void;
};

export const MatrixVipRow = memo(function MatrixVipRow(props: VipProps) {
  const { vip, open, obstacle, onPress, onShow, ...line } = props;
  const fact = ownerFact(vip);
  const other = differs(vip);
  return (
    <tr
      {...GRID_ROLES.row}
      aria-rowindex={line.ariaRow}
      data-row={vip.address}
      data-test={MARKS.duravips.matrixRow}
      data-vip={vip.address}
      data-differs={other || undefined}
      data-selected={open || undefined}
    >
      <th {...GRID_ROLES.rowheader} scope="row" aria-colindex={1}>
        <button
          type="button"
          className="vip-matrix-vip mono"
          tabIndex={line.active === 0 ? 0 : -1}
          data-column={0}
          onClick={() => onShow(vip.address)}
        >
          {inertName(vip.address)}
        </button>
        {fact === 'owned' ? null : (
          <span className="tag">
            <StatusGlyph shape={STATE_SHAPES[fact]} /> {fact}
          </span>
        )}
        {other ? (
          <span className="tag" data-tone="critical" title={differenceWords(vip)}>
            <span className="vip-differs" aria-hidden="true">
              ≠
            </span>
            <span className="visually-hidden">{differenceWords(vip)}</span>
          </span>
        ) : null}
      </th>
      {line.names.map((name, index) => (
        <Cell
          key={name}
          vip={vip}
          node={name}
          column={index + 1}
          active={line.active}
          obstacle={obstacle}
          onPress={onPress}
        />
      ))}
    </tr>
  );
});

type CellProps = Pick<VipProps, 'vip' | 'onPress' | 'active' | 'obstacle'> & {
  readonly node: string;
  readonly column: number;
};

function Cell({ vip, node, column, active, obstacle, onPress }: CellProps) {
  const { kind, preferred, pinned, words, dissent } = matrixCell(vip, node);
  // The owner's cell only shows the address: that needs no right.
  const off = kind === 'owner' ? null : obstacle;
  return (
    <td {...GRID_ROLES.gridcell} aria-colindex={column + 1} className="vip-cell">
      <button
        type="button"
        className="vip-cell-button"
        tabIndex={active === column ? 0 : -1}
        data-column={column}
        data-test={MARKS.duravips.matrixCell}
        data-vip={vip.address}
        data-node={node}
        data-cell={kind}
        data-preferred={preferred || undefined}
        title={off === null ? words : `${words}; ${off}`}
        aria-disabled={off !== null}
        onClick={() => {
          if (off === null) onPress(vip.address, node, kind === 'owner');
        }}
      >
        <MatrixGlyph kind={kind} preferred={preferred} />
        {pinned ? (
          <span className="vip-pin" aria-hidden="true">
            pin
          </span>
        ) : null}
        {dissent === null ? null : (
          <span className="vip-differs" aria-hidden="true">
            ≠
          </span>
        )}
        <span className="visually-hidden">
          {words}
          {kind === 'owner' ? '' : `, move here${off === null ? '' : `: ${off}`}`}
        </span>
      </button>
    </td>
  );
}
