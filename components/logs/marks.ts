/**
 * `data-test` marks of the logs, a branch of the tree in `test-marks.ts`. Rows carry `data-node`, `data-log`,
 * `data-subscriber` and `data-state`.
 */

export const LOG_MARKS = {
  page: 'logs-page',
  summary: 'logs-summary',
  /** Carries `data-view`. */
  view: 'logs-view',
  /** Carries `data-chip` and `data-count`. */
  chip: 'logs-chip',
  table: 'logs-table',
  row: 'log-row',
  rowLink: 'log-link',
  /** Carries `data-kind`. */
  verdict: 'log-verdict',
  lag: 'log-lag',
  told: 'log-told',
  nodeFilter: 'logs-node',
  more: 'logs-more',
  groups: 'log-groups',
  group: 'log-group',
  groupLink: 'log-group-link',
  managers: 'log-managers',
  /** Carries `data-manager`. */
  manager: 'log-manager',
  /** Carries `data-state`. */
  stream: 'log-stream',
  detail: 'log-detail',
  detailTitle: 'log-detail-title',
  detailClose: 'log-detail-close',
  why: 'log-why',
  whyText: 'log-why-text',
  /** Carries `data-position` and `data-form`: hex, decimal. */
  copy: 'log-copy',
  position: 'log-position',
  chart: 'log-chart',
  chartWords: 'log-chart-words',
  chartTable: 'log-chart-table',
  same: 'log-same-subscriber',
  nodeLogs: 'node-logs',
  nodeLog: 'node-log',
  actions: {
    offset: 'log-offset',
    remove: 'log-remove',
    pause: 'log-pause',
    resume: 'log-pause-end',
    tail: 'log-tail-open',
    /** Carries `data-kind`. */
    choice: 'log-offset-choice',
    position: 'log-offset-position',
    records: 'log-offset-records',
    direction: 'log-offset-direction',
    /** Carries `data-change`: before, after, replayed, lost, freed. */
    change: 'log-review-change',
    review: 'log-review-again',
    refusal: 'log-review-refusal',
    /** Carries `data-item` and `data-state`. */
    check: 'log-decommission-check',
    reply: 'log-command-reply',
    span: 'log-pause-span',
  },
  tail: {
    view: 'log-tail',
    line: 'log-tail-line',
    /** Carries `data-kind`: gap, skipped, dropped. */
    mark: 'log-tail-mark',
    filter: 'log-tail-filter',
    follow: 'log-tail-follow',
    state: 'log-tail-state',
    close: 'log-tail-close',
  },
} as const;
