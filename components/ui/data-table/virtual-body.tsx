'use client';

/**
 * The rows of a large table: only a window of them is in the page, and the row with the focus. Heights are fixed, so
 * the places of all others are known. Loaded when a table is large.
 */

import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, type ReactNode, useCallback, useEffect } from 'react';
import { GRID_ROLES } from './grid-roles.ts';
import { useRowHeight } from './use-row-height.ts';

const OVERSCAN_ROWS = 10;

export type VirtualBodyProps = {
  readonly ids: readonly string[];
  readonly activeIndex: number;
  readonly columnCount: number;
  readonly scroller: HTMLElement;
  readonly drawRow: (id: string, index: number) => ReactNode;
};

export function VirtualBody(props: VirtualBodyProps) {
  const { ids, activeIndex, columnCount, scroller, drawRow } = props;
  const rowHeightPx = useRowHeight(scroller);
  const rangeExtractor = useCallback(
    (range: Range): number[] => {
      const indexes = defaultRangeExtractor(range);
      if (activeIndex < 0 || activeIndex >= range.count || indexes.includes(activeIndex)) return indexes;
      return [...indexes, activeIndex].sort((a, b) => a - b);
    },
    [activeIndex],
  );
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    count: ids.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeightPx,
    overscan: OVERSCAN_ROWS,
    rangeExtractor,
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
  });
  useEffect(() => {
    if (rowHeightPx > 0) virtualizer.measure();
  }, [virtualizer, rowHeightPx]);

  const items = virtualizer.getVirtualItems();
  const end = items.at(-1)?.index ?? -1;
  return (
    <>
      {items.map(({ index }, place) => {
        const id = ids[index];
        const before = items[place - 1]?.index ?? -1;
        return id === undefined ? null : (
          <Fragment key={id}>
            <Gap rows={index - before - 1} {...{ rowHeightPx, columnCount }} />
            {drawRow(id, index)}
          </Fragment>
        );
      })}
      <Gap rows={ids.length - end - 1} {...{ rowHeightPx, columnCount }} />
    </>
  );
}

type GapProps = { readonly rows: number; readonly rowHeightPx: number; readonly columnCount: number };

function Gap({ rows, rowHeightPx, columnCount }: GapProps) {
  if (rows <= 0) return null;
  return (
    <tr {...GRID_ROLES.gap} className="data-gap">
      <td colSpan={columnCount} style={{ height: rows * rowHeightPx }} />
    </tr>
  );
}
