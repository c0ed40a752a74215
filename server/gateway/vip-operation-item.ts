/**
 * One address of an operation: a fact in, the item as it is then out. Pure. Facts come twice, as happenings in agreed
 * order and as rows of the table: happenings say who did what and when, rows catch what was missed.
 */

import { unreachable } from '../base/assert.ts';
import { type OperationItem, STAGE_LIMIT_MS, type VipRow } from '../wire/duravip.ts';
import type { Job } from '../wire/http.ts';
import { awaited, type Happening, hasEnded, type PlannedItem, reached, withStage } from './vip-operation.ts';

/** An address that stays up and where it is for so long has settled: the default of `view_mature_time`. */
export const MATURE_AFTER_MS = 5_000;
/** After the command went out; what is still late then is told as failed. */
export const GIVE_UP_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;

export type ItemFact =
  | { readonly type: 'sending' | 'sent' | 'busLost' | 'due' }
  | { readonly type: 'notSent'; readonly text: string }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'happened'; readonly what: Happening }
  | { readonly type: 'row'; readonly row: VipRow | null };

export type LiveItem = {
  readonly plan: PlannedItem;
  readonly view: OperationItem;
  /** On the driver's clock, like `sinceMs`: when it wants the fact `due`. */
  readonly dueMs: number | undefined;
  /** When its last stage was reached. */
  readonly sinceMs: number;
  /** The row that came last; null before the first. */
  readonly row: VipRow | null;
  /** Nodes that have not answered the command. */
  readonly silent: readonly string[];
};

export type Moment = { readonly nowMs: number; readonly atMs: number };

export function newItem(plan: PlannedItem): LiveItem {
  const { address, from, to, command } = plan;
  const view: OperationItem = { address, from, to, command, stages: [], state: 'waiting', text: '' };
  return { plan, view, dueMs: undefined, sinceMs: 0, row: null, silent: [] };
}

/** The same object if nothing is new. */
export function stepItem(item: LiveItem, fact: ItemFact, moment: Moment): LiveItem {
  if (hasEnded(item.view)) return afterEnd(item, fact);
  switch (fact.type) {
    case 'sending':
      return { ...item, view: { ...item.view, state: 'running' }, sinceMs: moment.nowMs };
    case 'sent':
      return advance(item, moment, 'requested', null);
    case 'notSent':
      return end(item, 'failed', `not sent: ${fact.text}`);
    case 'busLost':
      return item.view.state === 'waiting'
        ? end(item, 'failed', 'not sent: the gateway lost the bus')
        : end(item, 'unknown', 'the gateway lost the bus after sending');
    case 'job':
      return answered(item, fact.job);
    case 'happened':
      return happened(item, fact.what, moment);
    case 'row':
      return seen({ ...item, row: fact.row ?? item.row }, fact.row, moment);
    case 'due':
      return due(item, moment);
    default:
      return unreachable(fact);
  }
}

/** Only what is not known can still become clearer, and never becomes `done`: others may have acted since. */
function afterEnd(item: LiveItem, fact: ItemFact): LiveItem {
  const { view } = item;
  if (fact.type === 'notSent' && view.state === 'unknown')
    return end(item, 'failed', `not sent: ${fact.text}`);
  if (fact.type !== 'row' || view.state !== 'unknown' || fact.row === null) return item;
  const [told = ''] = view.text.split('; now ');
  const text = `${told}; now ${ownership(fact.row)}`;
  return text === view.text ? item : { ...item, view: { ...view, text } };
}

function answered(item: LiveItem, job: Job): LiveItem {
  const silent = job.replies.filter(({ state }) => state !== 'answered').map(({ node }) => node);
  const now = { ...item, silent };
  if (reached(item.view, 'ordered')) return now;
  const said = job.replies.filter(({ state }) => state === 'answered');
  const decider = said.find(({ node, ok }) => node === item.plan.from && ok === false);
  const nobody = job.state !== 'running' && said.length > 0 && said.every(({ ok }) => ok !== true);
  if (decider === undefined && !nobody) return now;
  const by = decider ?? said[0];
  return end(now, 'refused', `${by?.node ?? ''}: ${by?.text ?? ''}`);
}

function happened(item: LiveItem, what: Happening, moment: Moment): LiveItem {
  if (item.view.state === 'waiting') return item;
  switch (what.type) {
    case 'moving':
      if (!isTarget(item, what.to)) return item;
      return advance(towards(item, what.to), moment, 'ordered', what.from);
    case 'owner':
      return owned(item, what, moment);
    case 'state':
      if (what.node !== item.view.to) return item;
      // Without a text its row says more.
      if (what.state === 'failed' && what.text !== '')
        return end(item, 'failed', notUp(what.node, what.text));
      return what.state === 'up' ? up(item, what.node, moment) : item;
    case 'told':
      return told(item, what.node, moment);
    default:
      return item;
  }
}

function owned(item: LiveItem, what: Extract<Happening, { type: 'owner' }>, moment: Moment): LiveItem {
  const { to, from, cause } = what;
  if (to !== undefined && isTarget(item, to)) {
    const ordered = advance(towards(item, to), moment, 'ordered', from ?? null);
    // Whoever is lost has released nothing.
    const inOrder = from !== undefined && (cause === 'operator' || cause === 'drain');
    return inOrder ? advance(ordered, moment, 'released', from) : ordered;
  }
  if (!reached(item.view, 'ordered')) return item; // what was decided before our command came
  const failed = cause === 'plumbFailed' ? `${from ?? 'the target'} could not bring it up; ` : '';
  return end(item, 'failed', `${failed}${to ?? 'nobody'} has it now: ${cause}`);
}

function seen(item: LiveItem, row: VipRow | null, moment: Moment): LiveItem {
  if (row === null) return end(item, 'failed', 'it is not configured any more');
  if (item.view.state === 'waiting') return item;
  if (row.phase === 'broken') return end(item, 'failed', 'it is broken now: names differ between nodes');
  if (item.plan.goal === 'unpinned') {
    return row.pinned === null ? end(advance(item, moment, 'ordered', null), 'done', '') : item;
  }
  const { to, from } = item.view;
  if (row.phase !== 'owned') return item;
  if (row.owner !== null && row.owner === to) {
    if (from === to && row.pinned !== to) return item;
    if (row.state === 'failed') return end(item, 'failed', notUp(to, row.text));
    return row.state === 'up' ? up(item, to, moment) : item;
  }
  const stayed = row.owner === from && reached(item.view, 'ordered') && !reached(item.view, 'released');
  if (stayed) return end(item, 'failed', `it stays at ${from ?? 'nobody'}: the move was given up`);
  return item;
}

function up(item: LiveItem, node: string, moment: Moment): LiveItem {
  if (reached(item.view, 'plumbed')) return item;
  return advance(item, moment, 'plumbed', node);
}

/** Nobody waits for it: what is due does not change. */
function told(item: LiveItem, node: string, moment: Moment): LiveItem {
  if (node !== item.view.to || !reached(item.view, 'plumbed') || reached(item.view, 'announced')) return item;
  return { ...item, view: withStage(item.view, 'announced', moment.atMs, node) };
}

function due(item: LiveItem, moment: Moment): LiveItem {
  const stage = awaited(item.view);
  const settled =
    stage === 'mature' && moment.nowMs - item.sinceMs >= MATURE_AFTER_MS && !isDisputed(item.row);
  if (stage === undefined || settled) return end(advance(item, moment, 'mature', null), 'done', '');
  const over = moment.nowMs - item.sinceMs >= STAGE_LIMIT_MS[stage];
  if (!over) return { ...item, dueMs: moment.nowMs + LOOK_AGAIN_MS };
  const requested = item.view.stages.find((one) => one.stage === 'requested')?.atMs ?? moment.atMs;
  const text = `${waitsFor(item)} for ${Math.round((moment.nowMs - item.sinceMs) / 1_000)} s`;
  const leftMs = requested + GIVE_UP_MS - moment.atMs;
  if (leftMs <= 0) {
    return end(item, 'failed', item.row === null ? text : `${text}; now ${ownership(item.row)}`);
  }
  const againMs = stage === 'mature' ? Math.min(leftMs, LOOK_AGAIN_MS) : leftMs;
  if (item.view.state === 'late') return { ...item, dueMs: moment.nowMs + againMs };
  return { ...item, view: { ...item.view, state: 'late', text }, dueMs: moment.nowMs + againMs };
}

/** Not every node says the same yet, or the owner has to bring it up again. */
function isDisputed(row: VipRow | null): boolean {
  return row !== null && (row.state !== 'up' || row.disagree.length > 0 || row.claims.length > 0);
}

/** Names whoever has to say something next. */
function waitsFor({ view, plan, silent, row }: LiveItem): string {
  switch (awaited(view)) {
    case 'released':
      return `${view.from ?? 'nobody'} has not released it`;
    case 'plumbed':
      return `${view.to ?? 'nobody'} has not brought it up`;
    case 'mature': {
      const others = [...(row?.disagree ?? []).map(({ node }) => node), ...(row?.claims ?? [])];
      return others.length > 0
        ? `${others.join(', ')} says something else`
        : `${view.to ?? 'nobody'} has not kept it up`;
    }
    default: {
      const who = silent.length > 0 ? silent.join(', ') : (plan.from ?? 'the leader');
      return silent.length > 0 ? `no answer from ${who}` : `${who} has not ordered the move`;
    }
  }
}

function isTarget({ plan, view }: LiveItem, node: string): boolean {
  return plan.goal === 'away' ? node !== plan.from : node === view.to;
}

/** A drain learns from the nodes who takes the address. */
function towards(item: LiveItem, to: string): LiveItem {
  return item.view.to === to ? item : { ...item, view: { ...item.view, to } };
}

function advance(
  item: LiveItem,
  moment: Moment,
  stage: OperationItem['stages'][number]['stage'],
  node: string | null,
): LiveItem {
  const view = withStage(item.view, stage, moment.atMs, node);
  if (view === item.view) return item;
  const next = awaited(view);
  const limitMs = next === 'mature' ? MATURE_AFTER_MS : STAGE_LIMIT_MS[next ?? 'mature'];
  const dueMs = next === undefined ? undefined : moment.nowMs + limitMs;
  return { ...item, view, sinceMs: moment.nowMs, dueMs };
}

function end(item: LiveItem, state: OperationItem['state'], text: string): LiveItem {
  return { ...item, view: { ...item.view, state, text }, dueMs: undefined };
}

function notUp(node: string, text: string): string {
  return `${node} could not bring it up${text === '' ? '' : `: ${text}`}`;
}

function ownership({ owner, phase, next, state }: VipRow): string {
  if (phase === 'moving') return `${owner ?? 'nobody'} gives it to ${next ?? 'nobody'}`;
  return owner === null ? 'nobody has it' : `${owner} has it${state === 'up' ? '' : `, ${state}`}`;
}
