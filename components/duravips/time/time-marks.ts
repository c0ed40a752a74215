/** Marks of history, prediction and time travel: a branch of the marks of DuraVIP. */

export const TIME_MARKS = {
  /** Carries `data-vip`. */
  ribbon: 'vip-ribbon',
  lane: 'vip-lane',
  /** Carries `data-vip`. */
  laneRow: 'vip-lane-row',
  laneLink: 'vip-lane-link',
  laneSums: 'vip-lane-sums',
  /** Carries `data-span`. */
  span: 'timeline-span',
  timeline: 'timeline',
  change: 'timeline-change',
  travel: 'timeline-travel',
  whatIf: 'whatif',
  whatIfNode: 'whatif-node',
  whatIfHow: 'whatif-how',
  whatIfAsk: 'whatif-ask',
  whatIfVerdict: 'whatif-verdict',
  whatIfLoad: 'whatif-load',
  whatIfTable: 'whatif-table',
  whatIfRow: 'whatif-row',
  travelBand: 'travel-band',
  travelTable: 'travel-table',
  travelRow: 'travel-row',
  travelBack: 'travel-back',
} as const;
