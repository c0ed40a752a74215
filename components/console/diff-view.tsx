'use client';

/** Two replies side by side, on a narrow page one above the other. Equal stretches are folded; marks are characters. */

import { useMemo, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { type DiffRow, foldRows, pairRows } from './diff-rows.ts';
import { DIFF_EDITS_MAX, DIFF_LINES_MAX, type DiffLine, diffLines } from './line-diff.ts';

export type DiffSide = { readonly name: string; readonly text: string };

export type DiffViewProps = {
  readonly left: DiffSide;
  readonly right: DiffSide;
  /** Only the beginning of at least one reply is here. */
  readonly cut: boolean;
};

export function DiffView({ left, right, cut }: DiffViewProps) {
  const narrow = useNarrow();
  const lines = useMemo(() => diffLines(left.text, right.text), [left.text, right.text]);
  if (lines === undefined) {
    return (
      <p className="reply-plain" data-test={MARKS.console.diffTooLarge}>
        Too large to diff: more than {DIFF_LINES_MAX} lines, or more than {DIFF_EDITS_MAX} of them differ.
        Download both replies and compare them there.
      </p>
    );
  }
  return (
    <div data-test={MARKS.console.diff} data-with={left.name}>
      {cut ? (
        <p className="reply-plain">Only what is in view is compared: at least one reply is longer.</p>
      ) : null}
      {narrow ? (
        <Unified lines={lines} left={left.name} right={right.name} />
      ) : (
        <SideBySide lines={lines} left={left.name} right={right.name} />
      )}
    </div>
  );
}

type TableProps = { readonly lines: readonly DiffLine[]; readonly left: string; readonly right: string };

function SideBySide({ lines, left, right }: TableProps) {
  const [rows, unfold] = useFolded(lines, pairRows);
  return (
    <table className="diff">
      <caption className="visually-hidden">
        {inertName(left)} on the left, {inertName(right)} on the right
      </caption>
      <colgroup>
        <col className="diff-number-column" />
        <col />
        <col className="diff-number-column" />
        <col />
      </colgroup>
      <thead>
        <tr>
          <th colSpan={2} scope="colgroup">
            {inertName(left)}
          </th>
          <th colSpan={2} scope="colgroup">
            {inertName(right)}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) =>
          row.kind === 'folded' ? (
            <FoldedRow key={row.key} row={row} columns={4} onUnfold={unfold} />
          ) : (
            <tr key={row.key}>
              <SideCells line={row.left} mark="−" />
              <SideCells line={row.right} mark="+" />
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}

function SideCells({ line, mark }: { readonly line: DiffLine | null; readonly mark: '−' | '+' }) {
  if (line === null) {
    return (
      <>
        <td className="diff-number" />
        <td className="diff-none" />
      </>
    );
  }
  return (
    <>
      <td className="diff-number">{mark === '−' ? line.left : line.right}</td>
      <td className="diff-line" data-kind={line.kind}>
        <LineText line={line} mark={line.kind === 'same' ? ' ' : mark} />
      </td>
    </>
  );
}

function Unified({ lines, left, right }: TableProps) {
  const [rows, unfold] = useFolded(lines, singleRows);
  return (
    <table className="diff">
      <caption className="diff-caption">
        − {inertName(left)}, + {inertName(right)}
      </caption>
      <tbody>
        {rows.map((row) => {
          if (row.kind === 'folded')
            return <FoldedRow key={row.key} row={row} columns={1} onUnfold={unfold} />;
          const line = row.left ?? row.right;
          if (line === null) return null;
          const mark = line.kind === 'gone' ? '−' : line.kind === 'new' ? '+' : ' ';
          return (
            <tr key={row.key}>
              <td className="diff-line" data-kind={line.kind}>
                <LineText line={line} mark={mark} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function LineText({ line, mark }: { readonly line: DiffLine; readonly mark: '−' | '+' | ' ' }) {
  return (
    <>
      <span className="diff-mark">{mark}</span>
      <span className="diff-text">{inertText(line.text)}</span>
    </>
  );
}

type FoldedProps = {
  readonly row: Extract<DiffRow, { kind: 'folded' }>;
  readonly columns: number;
  readonly onUnfold: (key: string) => void;
};

function FoldedRow({ row, columns, onUnfold }: FoldedProps) {
  return (
    <tr>
      <td colSpan={columns} className="diff-folded">
        <button type="button" className="link-button" onClick={() => onUnfold(row.key)}>
          {plural(row.rows.length, 'equal line')}
        </button>
      </td>
    </tr>
  );
}

function singleRows(lines: readonly DiffLine[]): readonly DiffRow[] {
  return lines.map((line) => ({
    kind: 'lines',
    key: `${line.left}:${line.right}`,
    left: line.kind === 'new' ? null : line,
    right: line.kind === 'gone' ? null : line,
  }));
}

/** Folded rows, of which those that were asked for stand open. */
function useFolded(
  lines: readonly DiffLine[],
  toRows: (lines: readonly DiffLine[]) => readonly DiffRow[],
): readonly [readonly DiffRow[], (key: string) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const folded = useMemo(() => foldRows(toRows(lines)), [lines, toRows]);
  const rows = folded.flatMap((row): readonly DiffRow[] =>
    row.kind === 'folded' && open.has(row.key) ? row.rows : [row],
  );
  return [rows, (key) => setOpen(new Set([...open, key]))];
}
