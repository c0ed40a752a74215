'use client';

/** The table's own sheet: which columns in which order, sorting without a mouse, copies and files. Loaded on request. */

import { useState } from 'react';
import { MARKS } from '../../test-marks.ts';
import { pageVoice } from '../announce.ts';
import { plural, zoneLabel } from '../format-time.ts';
import { Sheet } from '../sheet.tsx';
import { SORT_COLUMNS_MAX, type SortEntry } from '../url-query.ts';
import { dataColumns } from './column.ts';
import { arrangedColumns, explicitChoice, withColumnMoved, withColumnShown } from './column-choice.ts';
import { copyText } from './copy-text.ts';
import { copiedText, EXPORT_FILES, EXPORT_FORMATS, type ExportFormat, exportRows } from './export-rows.ts';
import type { TableColumn } from './table-column.ts';
import type { TableState } from './use-table-state.ts';

export type TablePanelProps<R> = {
  readonly label: string;
  readonly columns: readonly TableColumn<R>[];
  readonly state: TableState<R>;
  readonly rows: readonly R[];
  readonly filtered: readonly R[];
  readonly perspective: string;
  readonly asOfMs: () => number;
  readonly onClose: () => void;
};

export function TablePanel<R>(props: TablePanelProps<R>) {
  return (
    <Sheet
      title={`Columns and export: ${props.label}`}
      open
      onClose={props.onClose}
      mark={MARKS.table.panel}
      closeMark={MARKS.table.panelClose}
    >
      <ExportPart {...props} />
      <ColumnsPart {...props} />
      <SortPart {...props} />
    </Sheet>
  );
}

function ExportPart<R>(props: TablePanelProps<R>) {
  const { rows, filtered, state } = props;
  const [whole, setWhole] = useState(false);
  const filter = state.filterText.trim();
  const save = (format: ExportFormat): void => {
    const atMs = props.asOfMs();
    const head = {
      title: props.label,
      asOfMs: atMs,
      zone: zoneLabel(atMs),
      filter: whole ? '' : filter,
      perspective: props.perspective,
      total: rows.length,
    };
    const { ending, type } = EXPORT_FILES[format];
    const text = exportRows(format, head, props.columns, whole ? rows : filtered);
    download(`${fileName(props.label)}-${new Date(atMs).toISOString().slice(0, 10)}.${ending}`, type, text);
  };
  return (
    <section className="data-panel-part" aria-labelledby="table-export">
      <h3 className="section-title" id="table-export">
        Export
      </h3>
      {filter === '' ? null : (
        <label className="data-choice">
          <input
            type="checkbox"
            checked={whole}
            data-test={MARKS.table.exportAll}
            onChange={(event) => setWhole(event.target.checked)}
          />
          All {plural(rows.length, 'row')}, not only the {filtered.length} that match the filter
        </label>
      )}
      <div className="data-choices">
        {EXPORT_FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            className="button"
            data-test={MARKS.table.export}
            data-format={format}
            onClick={() => save(format)}
          >
            {EXPORT_FILES[format].label}
          </button>
        ))}
      </div>
      <p className="field-hint">
        The first lines of the file say as of when, in which zone, through which filter and from whose view.
      </p>
    </section>
  );
}

function fileName(label: string): string {
  return label.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function ColumnsPart<R>({ columns, state, filtered }: TablePanelProps<R>) {
  const arranged = arrangedColumns(columns, state.choice);
  const choice = explicitChoice(columns, state.choice);
  const copy = async (column: TableColumn<R>): Promise<void> => {
    const copied = await copyText(copiedText([column], filtered));
    pageVoice.result(copied ? `${column.label} copied.` : 'This browser does not let the page copy.');
  };
  return (
    <section className="data-panel-part" aria-labelledby="table-columns">
      <h3 className="section-title" id="table-columns">
        Columns
      </h3>
      <ul className="data-columns">
        {arranged.map((column, index) => (
          <li key={column.id}>
            <label className="data-choice">
              <input
                type="checkbox"
                checked={index === 0 || !choice.hidden.includes(column.id)}
                disabled={index === 0}
                onChange={(event) =>
                  state.setChoice(withColumnShown(choice, column.id, event.target.checked))
                }
              />
              {column.label}
              {index === 0 ? <span className="muted"> always first</span> : null}
            </label>
            <span className="data-choices">
              {index < 2 ? null : (
                <MoveButton
                  label={`Move ${column.label} to the front`}
                  sign="↑"
                  onPress={() => state.setChoice(withColumnMoved(columns, choice, column.id, -1))}
                />
              )}
              {index === 0 || index === arranged.length - 1 ? null : (
                <MoveButton
                  label={`Move ${column.label} to the end`}
                  sign="↓"
                  onPress={() => state.setChoice(withColumnMoved(columns, choice, column.id, 1))}
                />
              )}
              {column.data === false ? null : (
                <button
                  type="button"
                  className="button"
                  data-kind="quiet"
                  onClick={() => void copy(column)}
                  aria-label={`Copy the column ${column.label}`}
                >
                  Copy
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {state.choice === null ? null : (
        <button type="button" className="button" data-kind="quiet" onClick={() => state.setChoice(null)}>
          Back to the usual columns
        </button>
      )}
    </section>
  );
}

type MoveButtonProps = { readonly label: string; readonly sign: string; readonly onPress: () => void };

function MoveButton({ label, sign, onPress }: MoveButtonProps) {
  return (
    <button
      type="button"
      className="button"
      data-kind="quiet"
      data-size="icon"
      aria-label={label}
      onClick={onPress}
    >
      {sign}
    </button>
  );
}

/** The way to a sort by several columns without Shift, and the only one on a phone. */
function SortPart<R>({ columns, state }: TablePanelProps<R>) {
  const { sorts, setSorts } = state;
  const sortable = dataColumns(columns);
  const replaced = (place: number, entry: SortEntry | undefined): readonly SortEntry[] =>
    [...sorts.slice(0, place), entry, ...sorts.slice(place + 1)].filter((each) => each !== undefined);
  const places = Math.min(sorts.length + 1, SORT_COLUMNS_MAX);
  return (
    <section className="data-panel-part" aria-labelledby="table-sort">
      <h3 className="section-title" id="table-sort">
        Sort
      </h3>
      {Array.from({ length: places }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a place in the order is what is chosen
        <div className="data-choices" key={place}>
          <select
            className="input data-sort-choice"
            aria-label={place === 0 ? 'Sort by' : 'Then by'}
            value={sorts[place]?.column ?? ''}
            onChange={({ target: { value } }) =>
              setSorts(replaced(place, value === '' ? undefined : { column: value, descending: false }))
            }
          >
            <option value="">{place === 0 ? 'as it comes' : 'nothing more'}</option>
            {sortable.map((column) => (
              <option key={column.id} value={column.id}>
                {column.label}
              </option>
            ))}
          </select>
          <DirectionChoice entry={sorts[place]} onChange={(entry) => setSorts(replaced(place, entry))} />
        </div>
      ))}
    </section>
  );
}

function DirectionChoice(props: {
  readonly entry: SortEntry | undefined;
  readonly onChange: (entry: SortEntry) => void;
}) {
  const { entry, onChange } = props;
  if (entry === undefined) return null;
  return (
    <label className="data-choice">
      <input
        type="checkbox"
        checked={entry.descending}
        onChange={(event) => onChange({ ...entry, descending: event.target.checked })}
      />
      largest first
    </label>
  );
}
