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
  /** In the head instead of the label, which it has to say as well. */
  readonly head?: () => ReactNode;
  readonly hint?: string;
  readonly className?: string;
  /** `data-test` of its cells. */
  readonly mark?: string;
  readonly card?: CardPlace;
  /** Pixels, for tables of so many rows that widths cannot be measured. */
  readonly widthPx?: number;
  readonly mono?: true;
  /** Numbers with marks beside them read better from the left. */
  readonly align?: 'start';
};

export const COLUMN_WIDTH_PX = 150;

/** Stands at the right, digits below digits. */
export function isNumeric<R>({ kind, align }: Pick<TableColumn<R>, 'kind' | 'align'>): boolean {
  if (align === 'start') return false;
  return kind === 'number' || kind === 'duration';
}
