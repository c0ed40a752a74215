/**
 * `data-test` marks of the replicated objects, a branch of the tree in `test-marks.ts`. Rows of the list carry `data-object`
 * and `data-state`; rows of one object `data-key`, `data-state` and `data-depth`, their cells `data-node` and `data-state`.
 */

export const OBJECT_MARKS = {
  page: 'objects-page',
  summary: 'objects-summary',
  table: 'objects-table',
  row: 'object-row',
  rowLink: 'object-link',
  /** Carries `data-chip` and `data-count`. */
  chip: 'objects-chip',
  health: 'object-health',
  view: 'object-view',
  title: 'object-title',
  back: 'object-back',
  /** Carries `data-kind`. */
  facts: 'object-facts',
  data: 'object-data',
  by: 'object-by',
  find: 'object-find',
  findWrong: 'object-find-wrong',
  top: 'object-top',
  /** On a phone, the choices are behind it. */
  choices: 'object-choices',
  diff: 'object-diff',
  delta: 'object-delta',
  differing: 'object-differing',
  shown: 'object-shown',
  /** Says why nothing could be asked. */
  trouble: 'object-trouble',
  values: 'object-values',
  value: 'object-value',
  valueLink: 'object-value-link',
  expand: 'object-expand',
  cell: 'object-cell',
  /** Carries `data-node` and `data-state`. */
  nodeHead: 'object-node-head',
  /** Carries `data-nodes`. */
  differs: 'object-differs',
  spread: 'object-spread',
  text: 'object-text',
  texts: 'object-texts',
  detail: 'object-key',
  detailTitle: 'object-key-title',
  detailClose: 'object-key-close',
  watch: 'object-watch',
  /** Carries `data-key`. */
  watched: 'object-watched',
  chart: 'object-chart',
  chartWords: 'object-chart-words',
  copy: 'object-copy',
  replication: 'object-replication',
  replicationOpen: 'object-replication-open',
  /** Carries `data-node` and `data-state`. */
  replicationNode: 'object-replication-node',
  heard: 'object-heard',
  flush: 'object-flush',
  flushed: 'object-flushed',
  flushedClose: 'object-flushed-close',
  raw: 'object-raw',
  nodeObjects: 'node-objects',
  nodeObject: 'node-object',
} as const;
