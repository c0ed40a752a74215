/**
 * The roles of a grid, given in full: the rows of our tables become cards on a phone, and an element that is no table
 * to the style sheet is no table to assistive technology unless it says so. Rows and cells take the focus by script,
 * one at a time.
 */

export const GRID_ROLES = {
  grid: { role: 'grid' },
  rowgroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnheader: { role: 'columnheader' },
  rowheader: { role: 'rowheader' },
  gridcell: { role: 'gridcell' },
  /** Fills the place of rows that are not in the page. */
  gap: { 'aria-hidden': true },
} as const;
