/** Marks of everything that acts on DuraVIPs: a branch of the marks of DuraVIP. */

export const ACTION_MARKS = {
  /** Carries `data-address`. */
  move: 'vip-move',
  /** Carries `data-address`: the move of it that runs. */
  track: 'vip-track',
  drain: 'vip-drain',
  undrain: 'vip-undrain',
  unpin: 'vip-unpin',
  announce: 'vip-announce',
  from: 'move-from',
  to: 'move-to',
  /** Carries `data-node` and `data-candidate`. */
  target: 'move-target',
  undoCommand: 'move-undo-command',
  revert: 'move-revert',
  revertAfter: 'move-revert-after',
  review: 'move-review',
  /** Carries `data-armed`. */
  hold: 'hold-commit',
  holdTap: 'hold-tap',
  holdConfirm: 'hold-confirm',
  gone: 'move-gone',
  bulkBar: 'vip-bulk',
  bulkTarget: 'vip-bulk-target',
  bulkMove: 'vip-bulk-move',
  bulkClear: 'vip-bulk-clear',
  bulkLeft: 'bulk-left',
  dock: 'operation-dock',
  dockMore: 'operation-dock-more',
  /** Carries `data-operation`, `data-kind` and `data-state`. */
  operation: 'operation',
  open: 'operation-open',
  close: 'operation-close',
  forget: 'operation-forget',
  title: 'operation-title',
  state: 'operation-state',
  /** Carries `data-stage` and `data-reached`: yes, now, late, no. */
  stage: 'operation-stage',
  /** Carries `data-kind`: late, unknown, failed, refused. */
  trouble: 'operation-trouble',
  progress: 'operation-progress',
  /** Carries `data-address`. */
  failure: 'operation-failure',
  command: 'operation-command',
  undo: 'operation-undo',
  undoGone: 'operation-undo-gone',
  retry: 'operation-retry',
  keep: 'operation-keep',
  kept: 'operation-kept',
  countdown: 'operation-countdown',
  console: 'operation-console',
  announceAgain: 'operation-announce',
  more: 'operation-more',
} as const;
