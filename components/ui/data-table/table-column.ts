/**
 * A column as it is drawn: what `column.ts` knows of its values, and how its cells look. A cell that must follow live
 * data without its row changing is a component that subscribes itself.
 */

import type { ReactNode } from 'react';
import type { Column } from './column.ts';

/** Where a cell stands on the two-line card of a phone; without a place it is not on the card. */
export type CardPlace = 'title' | 'status' | 'line' | 'aside' | 'action';

export type TableColumn<R> = Column<R> & {
  /** By default the text of the value. */
  readonly cell?: (row: R) => ReactNode;
  readonly hint?: string;
  readonly className?: string;
  /** `data-test` of its cells. */
  readonly mark?: string;
  readonly card?: CardPlace;
  /** Pixels, for tables of so many rows that widths cannot be measured. */
  readonly widthPx?: number;
  readonly mono?: true;
};

export const COLUMN_WIDTH_PX = 150;

export function isNumeric(column: Pick<Column<never>, 'kind'>): boolean {
  return column.kind === 'number' || column.kind === 'duration';
}
