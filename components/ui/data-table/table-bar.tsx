'use client';

/** Above the rows: the filter with its tokens, how many rows it leaves, what waits, and the table's own menu. */

import { type ReactNode, type RefObject, useId } from 'react';
import { MARKS } from '../../test-marks.ts';
import { plural } from '../format-time.ts';
import { StatusGlyph } from '../status-glyph.tsx';
import type { Column } from './column.ts';

export type TableBarProps = {
  readonly label: string;
  readonly columns: readonly Pick<Column<never>, 'id' | 'label' | 'kind' | 'choices' | 'data'>[];
  readonly input: RefObject<HTMLInputElement | null>;
  readonly filter: string;
  readonly onFilter: (text: string) => void;
  readonly problems: readonly string[];
  readonly shown: number;
  /** Null while nothing is known. */
  readonly total: number | null;
  readonly waiting: number;
  readonly onApply: () => void;
  /** Null where there are no columns to choose and nothing to export. */
  readonly onMenu: (() => void) | null;
  readonly tools: ReactNode;
  /** Rows outside of the window are not in the page. */
  readonly virtual: boolean;
};

export function TableBar(props: TableBarProps) {
  const { label, columns, input, filter, onFilter, problems, waiting } = props;
  const id = useId();
  return (
    <div className="data-bar" data-test={MARKS.table.bar}>
      <div className="data-filter">
        <label htmlFor={`${id}-filter`} className="visually-hidden">
          Filter {label.toLowerCase()}
        </label>
        <input
          ref={input}
          id={`${id}-filter`}
          className="input data-filter-input"
          type="search"
          value={filter}
          placeholder="Filter: text or token:value"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={`${id}-hint`}
          data-test={MARKS.table.filter}
          onChange={(event) => onFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            if (filter === '') event.currentTarget.blur();
            else onFilter('');
          }}
        />
        <FilterHint id={`${id}-hint`} columns={columns} virtual={props.virtual} />
      </div>
      {props.tools}
      <RowCount shown={props.shown} total={props.total} filtered={filter.trim() !== ''} />
      {waiting > 0 ? (
        <button
          type="button"
          className="button data-waiting"
          data-test={MARKS.table.waiting}
          data-count={waiting}
          onClick={props.onApply}
        >
          {plural(waiting, 'change')} waiting: apply
        </button>
      ) : null}
      {props.onMenu === null ? null : (
        <button
          type="button"
          className="button data-menu"
          aria-haspopup="dialog"
          data-test={MARKS.table.menu}
          onClick={props.onMenu}
        >
          Columns and export
        </button>
      )}
      {problems.length > 0 ? (
        <p className="data-problems" role="alert" data-test={MARKS.table.problem}>
          <StatusGlyph shape="warning" /> {problems.join(' ')}
        </p>
      ) : null}
    </div>
  );
}

function RowCount({
  shown,
  total,
  filtered,
}: {
  readonly shown: number;
  readonly total: number | null;
  readonly filtered: boolean;
}) {
  if (total === null) return null;
  return (
    <span className="muted data-count" data-test={MARKS.table.count} data-count={shown} data-total={total}>
      {filtered ? `${shown} of ${total}` : plural(total, 'row')}
    </span>
  );
}

const SAMPLES: Readonly<Record<Column<never>['kind'], string>> = {
  text: '…',
  word: '…',
  number: '>3',
  duration: '>90s',
  moment: '>=2026-03-01',
  address: '10.1.0.0/16',
};

function FilterHint({
  id,
  columns,
  virtual,
}: Pick<TableBarProps, 'columns' | 'virtual'> & { readonly id: string }) {
  const tokens = columns.filter((column) => column.data !== false);
  return (
    <p className="data-filter-hint" id={id}>
      {virtual ? 'The browser finds only the rows in view: filter here instead. ' : ''}
      Tokens:{' '}
      {tokens.map((column) => (
        <span key={column.id} className="data-token">
          <code>
            {column.id}:{column.choices === undefined ? SAMPLES[column.kind] : column.choices.join('|')}
          </code>{' '}
        </span>
      ))}
      Several of one token are alternatives, <code>-</code> in front turns a term round.
    </p>
  );
}
