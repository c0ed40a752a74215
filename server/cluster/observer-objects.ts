/**
 * Rows of replicated objects, from what members tell on `ec_status`. What matters to whoever is on duty is shown at once,
 * mere figures at a pace that depends on how large a row is, so that a large cluster does not flood its browsers. What a
 * member that departed told stays, with its age; it goes with the row of the member.
 */

import { nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import { comparesTotals } from '../wire/object-verdict.ts';
import {
  OBJECT_NODES_MAX,
  OBJECT_ROW_STALE_MS,
  OBJECTS_SHOWN_MAX,
  type ObjectAtNode,
  type ObjectRow,
} from '../wire/objects.ts';
import { Gathered } from './gathered.ts';
import type { LiveTables } from './live-tables.ts';
import { skewedNodes, skewSpanMs, TotalTrail } from './object-skew.ts';
import { type ObjectsPart, type ObjectTold, objectFiguresOf, objectPlanOf } from './objects-message.ts';
import type { WallClock } from './wall-clock.ts';

/** What several members tell about the same moment is shown together. */
export const OBJECT_GATHER_MS = 100;
/** Figures of a small row are shown this often, those of a large one seldom. */
export const OBJECT_FIGURES_EVERY_MS = 500;
/** Owners in a row, over all its nodes, for each of the spans above. */
const OWNERS_PER_SPAN = 128;
/** Skew is looked for this often, as time alone makes a difference of it. */
const SKEW_LOOK_EVERY_MS = 1_000;

type Known = {
  plan: Omit<ObjectRow, 'nodes' | 'omitted'>;
  readonly nodes: Map<string, ObjectAtNode>;
  readonly trails: Map<string, TotalTrail>;
  /** Nodes whose totals lay apart at the last look: once is chance. */
  suspects: ReadonlySet<string>;
  /** What is shown at once when it changes: of the plan, and of each node. */
  planLooks: string;
  readonly looks: Map<string, string>;
  shownAtMs: number;
  /** When the row is to be shown; undefined while it is as it was shown. */
  dueMs: number | undefined;
};

export class ObserverObjects {
  readonly #tables: LiveTables;
  readonly #wall: WallClock;
  readonly #gathered = new Gathered<ObjectsPart>();
  readonly #objects = new Map<string, Known>();
  #lookAtMs: number | undefined;

  constructor(parts: { readonly tables: LiveTables; readonly wall: WallClock }) {
    this.#tables = parts.tables;
    this.#wall = parts.wall;
  }

  get deadlineMs(): number | undefined {
    const due = [...this.#objects.values()].map(({ dueMs }) => dueMs).filter((ms) => ms !== undefined);
    if (this.#lookAtMs !== undefined) due.push(this.#lookAtMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** @param from its `id` is that of its member row, which is what its entries are named by. */
  onObjects(
    from: { readonly name: PrivateName; readonly id?: string | undefined },
    message: ObjectsPart,
    nowMs: number,
  ): void {
    const whole = this.#gathered.add(from.name, message);
    if (whole === undefined) return;
    const node = from.id ?? nodeOfPrivateName(from.name);
    const told = new Set<string>();
    for (const object of whole.flatMap(({ objects }) => objects)) {
      if (told.has(object.name)) continue;
      told.add(object.name);
      this.#note(node, object, { from: message, nowMs });
    }
    for (const [name, known] of this.#objects) {
      if (!told.has(name)) this.#withdraw(name, known, node, nowMs);
    }
    this.#lookAtMs ??= nowMs + SKEW_LOOK_EVERY_MS;
  }

  onDeadline(nowMs: number): void {
    if (this.#lookAtMs !== undefined && this.#lookAtMs <= nowMs) {
      this.#lookAtMs = this.#objects.size === 0 ? undefined : nowMs + SKEW_LOOK_EVERY_MS;
      for (const known of this.#objects.values()) this.#lookForSkew(known, nowMs);
    }
    for (const known of this.#objects.values()) {
      if (known.dueMs !== undefined && known.dueMs <= nowMs) this.#show(known, nowMs);
    }
  }

  /** What members told that have no row any more goes. */
  keepOnly(members: { has(id: string): boolean }, nowMs: number): void {
    for (const [name, known] of this.#objects) {
      for (const node of known.nodes.keys()) {
        if (!members.has(node)) this.#withdraw(name, known, node, nowMs);
      }
    }
  }

  #note(
    node: string,
    told: ObjectTold,
    { from, nowMs }: { readonly from: ObjectsPart; readonly nowMs: number },
  ): void {
    const known = this.#objects.get(told.name) ?? this.#add(told);
    if (known === undefined) return;
    known.plan = objectPlanOf(told);
    const before = known.nodes.get(node);
    const figures = objectFiguresOf(told, from);
    known.nodes.set(node, {
      node,
      ...figures,
      rates: ratesBetween(before, figures),
      skewSinceMs: before?.skewSinceMs ?? null,
      toldMs: this.#wall.at(nowMs),
    });
    const trail = known.trails.get(node) ?? new TotalTrail();
    known.trails.set(node, trail);
    const awaits = told.owners.some(({ awaiting }) => awaiting);
    trail.add(awaits ? null : told.total, nowMs, skewSpanMs(told.maxDelayMs));
    this.#changed(known, node, nowMs);
  }

  /** Undefined where there are too many objects already. */
  #add(told: ObjectTold): Known | undefined {
    if (this.#objects.size >= OBJECTS_SHOWN_MAX) return undefined;
    const known: Known = {
      plan: objectPlanOf(told),
      nodes: new Map(),
      trails: new Map(),
      suspects: new Set(),
      planLooks: '',
      looks: new Map(),
      shownAtMs: Number.NEGATIVE_INFINITY,
      dueMs: undefined,
    };
    this.#objects.set(told.name, known);
    return known;
  }

  #withdraw(name: string, known: Known, node: string, nowMs: number): void {
    if (!known.nodes.delete(node)) return;
    known.trails.delete(node);
    this.#changed(known, node, nowMs);
    if (known.nodes.size > 0) return;
    this.#objects.delete(name);
    this.#tables.remove('objects', name);
  }

  #lookForSkew(known: Known, nowMs: number): void {
    const spanMs = skewSpanMs(known.plan.maxDelayMs);
    const heardMs = this.#wall.at(nowMs) - OBJECT_ROW_STALE_MS;
    const heard = [...known.trails].filter(([node]) => (known.nodes.get(node)?.toldMs ?? 0) > heardMs);
    const apart: ReadonlySet<string> = comparesTotals(known.plan)
      ? skewedNodes(new Map(heard), nowMs, spanMs)
      : new Set();
    const skewed = new Set([...apart].filter((node) => known.suspects.has(node)));
    known.suspects = apart;
    for (const [node, at] of known.nodes) {
      if ((at.skewSinceMs !== null) === skewed.has(node)) continue;
      const skewSinceMs = skewed.has(node) ? this.#wall.at(nowMs - spanMs - SKEW_LOOK_EVERY_MS) : null;
      known.nodes.set(node, { ...at, skewSinceMs });
      this.#changed(known, node, nowMs);
    }
  }

  #changed(known: Known, node: string, nowMs: number): void {
    const planLooks = JSON.stringify(known.plan);
    const looks = looksOf(known.nodes.get(node));
    const news = planLooks !== known.planLooks || looks !== known.looks.get(node);
    known.planLooks = planLooks;
    if (looks === undefined) known.looks.delete(node);
    else known.looks.set(node, looks);
    let owners = 0;
    for (const at of known.nodes.values()) owners += at.owners.length;
    const everyMs = OBJECT_FIGURES_EVERY_MS * Math.max(1, Math.ceil(owners / OWNERS_PER_SPAN));
    const dueMs = nowMs + OBJECT_GATHER_MS;
    const figuresDueMs = news ? dueMs : Math.max(dueMs, known.shownAtMs + everyMs);
    known.dueMs = Math.min(known.dueMs ?? Number.POSITIVE_INFINITY, figuresDueMs);
  }

  #show(known: Known, nowMs: number): void {
    known.dueMs = undefined;
    known.shownAtMs = nowMs;
    const nodes = [...known.nodes.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
    this.#tables.set('objects', known.plan.id, {
      ...known.plan,
      nodes: nodes.slice(0, OBJECT_NODES_MAX),
      omitted: Math.max(0, nodes.length - OBJECT_NODES_MAX),
    });
  }
}

/** Per second of the sender's own time; null where it started anew in between. */
function ratesBetween(
  before: ObjectAtNode | undefined,
  now: Pick<ObjectAtNode, 'upMs' | 'sentKeys' | 'receivedKeys' | 'sentBytes' | 'receivedBytes'>,
): ObjectAtNode['rates'] {
  const seconds = (now.upMs - (before?.upMs ?? now.upMs)) / 1_000;
  if (before === undefined || seconds <= 0) return null;
  const rate = (figure: 'sentKeys' | 'receivedKeys' | 'sentBytes' | 'receivedBytes') =>
    (now[figure] - before[figure]) / seconds;
  const rates = {
    sentKeysPerS: rate('sentKeys'),
    receivedKeysPerS: rate('receivedKeys'),
    sentBytesPerS: rate('sentBytes'),
    receivedBytesPerS: rate('receivedBytes'),
  };
  return Object.values(rates).some((perS) => perS < 0) ? null : rates;
}

/** Everything but figures; undefined of a node that is there no more. */
function looksOf(at: ObjectAtNode | undefined): string | undefined {
  if (at === undefined) return undefined;
  const owners = at.owners.map(({ node, awaiting, divergedAgoMs }) => [
    node,
    awaiting,
    divergedAgoMs !== null,
  ]);
  return JSON.stringify([at.skewSinceMs !== null, owners]);
}
