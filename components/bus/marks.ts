/**
 * `data-test` marks of the bus, a branch of the tree in `test-marks.ts`. Links carry `data-from`, `data-to`, `data-state`; the
 * verdict carries `data-shape`.
 */

export const BUS_MARKS = {
  page: 'bus-page',
  /** Carries `data-state`: waiting, refused, empty. */
  none: 'bus-none',
  verdict: 'bus-verdict',
  verdictWord: 'bus-verdict-word',
  finding: 'bus-finding',
  toldView: 'bus-told-view',
  viewMember: 'bus-view-member',
  asOf: 'bus-as-of',
  keyless: 'bus-keyless',
  refusalsGrew: 'bus-refusals-grew',
  partial: 'bus-partial',
  matrix: 'bus-matrix',
  matrixRow: 'bus-matrix-row',
  matrixCell: 'bus-matrix-cell',
  /** Carries `data-old` where the figures are not those of now. */
  age: 'bus-age',
  detail: 'bus-detail',
  detailClose: 'bus-detail-close',
  /** Carries `data-figure`. */
  detailFigure: 'bus-detail-figure',
  agreement: 'bus-agreement',
  listServer: 'bus-list-server',
  serverLink: 'bus-server-link',
  serverFacts: 'bus-server-facts',
  refusals: 'bus-refusals',
  table: 'bus-links',
  row: 'bus-link-row',
  rowLink: 'bus-link',
  linkState: 'bus-link-state',
  rate: 'bus-rate',
  perspectiveChoice: 'bus-perspective-choice',
  view: 'bus-view',
  perspective: 'bus-view-perspective',
  /** Carries `data-group`, `data-count`. */
  group: 'bus-group',
  /** Carries `data-server`, `data-reason`, `data-lately`. */
  refusal: 'bus-refusal',
} as const;
