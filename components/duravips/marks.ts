/**
 * `data-test` marks of DuraVIP, a branch of the tree in `test-marks.ts`. Rows and cells carry `data-vip`, the address;
 * cells of the matrix and lines of a table `data-node` beside it.
 */

import { ACTION_MARKS } from './actions/action-marks.ts';
import { TIME_MARKS } from './time/time-marks.ts';

export const DURAVIP_MARKS = {
  actions: ACTION_MARKS,
  time: TIME_MARKS,
  page: 'duravips-page',
  summary: 'duravips-summary',
  /** Carries `data-view`. */
  view: 'duravips-view',
  /** Carries `data-chip` and `data-count`. */
  chip: 'duravips-chip',
  /** Carries `data-kind`: announceDue, setSizes, unsynced. */
  band: 'duravips-band',
  table: 'duravips-table',
  /** Carries `data-state`. */
  row: 'vip-row',
  rowLink: 'vip-link',
  names: 'vip-names',
  /** Carries `data-fact`: owned, moving, disputed, unowned, unmanaged, unknown. */
  owner: 'vip-owner',
  agree: 'vip-agree',
  /** Carries `data-flag`. */
  flag: 'vip-flag',
  viewAge: 'vip-view-age',
  matrix: 'vip-matrix',
  /** Carries `data-network`. */
  matrixGroup: 'vip-matrix-group',
  matrixRow: 'vip-matrix-row',
  /** Carries `data-cell`. */
  matrixCell: 'vip-matrix-cell',
  matrixLegend: 'vip-matrix-legend',
  detail: 'vip-detail',
  detailTitle: 'vip-detail-title',
  detailClose: 'vip-detail-close',
  /** Carries `data-problem`. */
  cure: 'vip-cure',
  saying: 'vip-saying',
  participant: 'vip-participant',
  moment: 'vip-moment',
  perspective: 'vip-perspective',
  perspectiveTold: 'vip-perspective-told',
  perspectiveRow: 'vip-perspective-row',
  /** Of one member; carries `data-node`. */
  nodeVips: 'node-vips',
  nodeVip: 'node-vip',
} as const;
