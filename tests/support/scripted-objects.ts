/**
 * Replicated objects and mail of a scripted cluster: rows of any state by hand, and what nodes answer when they are asked for
 * what an object holds. Trees are computed as they are asked for.
 */

import type { Clock } from '../../server/base/ports.ts';
import type { AskedQuery, MemoryObserver } from '../../server/memory/memory-observer.ts';
import {
  type MailFigures,
  type ObjectAnswer,
  type ObjectAtNode,
  type ObjectRow,
  objectQuery,
  UNKNOWN_OBJECT,
} from '../../server/wire/objects.ts';
import {
  cacheTree,
  ipv6Prefixes,
  millionPrefixes,
  namesTree,
  type ScriptedRow,
  type ScriptedTree,
} from './scripted-trees.ts';

/** Nodes tell each 1 s when something changed. */
const TOLD_EVERY_MS = 1_000;
/** What a node that diverged shows of what others show. */
const DIVERGED_PART = 0.9;
const NO_MAIL: Omit<MailFigures, 'toldMs'> = {
  receptions: 0,
  deliveries: 0,
  transients: 0,
  failures: 0,
  rejections: 0,
  moved: 0,
  inbound: 0,
  outbound: 0,
  active: 0,
  delayed: 0,
  domains: 0,
  receptionRate: null,
  deliveryRate: null,
  rejectionRate: null,
};

type Plan = Omit<ObjectRow, 'nodes' | 'omitted'>;

export class ScriptedObjects {
  readonly #observer: MemoryObserver;
  readonly #clock: Clock;
  readonly #trees = new Map<string, ScriptedTree>();
  /** `node object` that shows less than others, since when. */
  readonly #diverged = new Map<string, number>();
  #nodes: readonly string[] = [];
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(observer: MemoryObserver, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** One object that all nodes see alike. */
  add(nodes: readonly string[], plan: Partial<Plan> & Pick<Plan, 'id'>, tree: ScriptedTree): void {
    this.#nodes = nodes;
    this.#trees.set(plan.id, tree);
    const row: ObjectRow = {
      type: plan.id,
      kind: 'gauge table',
      snapshots: true,
      parameters: [],
      bindingGroup: null,
      maxDelayMs: 1_000,
      maxPending: 100,
      maxSize: null,
      ...plan,
      nodes: [],
      omitted: 0,
    };
    this.#observer.set('objects', plan.id, row);
    for (const node of nodes) this.set(plan.id, node);
  }

  /** As the page sketches them: a million prefixes, a gauge, a cache, one node that differs, an unknown kind. */
  sketch(nodes: readonly string[]): void {
    this.add(nodes, { id: 'inbound_cidr', kind: 'cidrtree' }, millionPrefixes);
    this.add(nodes, { id: 'outbound_cidr', kind: 'cidrtree', bindingGroup: 'promo' }, ipv6Prefixes);
    const domains = Array.from({ length: 300 }, (_, at) => `mx${at + 1}.example.org`);
    const hostile = '<img src=x onerror=alert(1)>.example';
    this.add(nodes, { id: 'outbound_domains' }, namesTree([hostile, ...domains], 2));
    const cache = { id: 'my_cache', type: 'cache', kind: 'cache', snapshots: false, maxSize: 20_000 };
    this.add(nodes, cache, cacheTree(12_000));
    for (const node of nodes) this.set('my_cache', node, { total: null, hits: 81_204, misses: 1_310 });
    const metrics = { id: 'metrics', kind: 'metrics', parameters: ['connect', 'reception', 'rejection'] };
    this.add(nodes, metrics, namesTree(['10.1.0.0/16 reception'], 40));
    this.add(nodes, { id: 'audit_ring', type: 'audit_ring', kind: 'ring buffer' }, namesTree(['a', 'b'], 3));
    const [last = ''] = nodes.slice(-1);
    this.diverge('inbound_cidr', last);
    for (const node of nodes) this.mail(node, { delayed: node === last ? 4_120 : 12 });
  }

  at(object: string, node: string): ObjectAtNode | undefined {
    return this.#observer.model().objects[object]?.nodes.find((each) => each.node === node);
  }

  set(object: string, node: string, change: Partial<ObjectAtNode> = {}): void {
    const row = this.#observer.model().objects[object];
    if (row === undefined) throw new Error(`there is no ${object}`);
    const known = this.at(object, node) ?? this.#fresh(object, node);
    const told = { ...known, ...change, toldMs: this.#clock.wallMs() };
    const others = row.nodes.filter((each) => each.node !== node);
    const nodes = [...others, told].sort((a, b) => (a.node < b.node ? -1 : 1));
    this.#observer.set('objects', object, { ...row, nodes });
  }

  /** Its copy of what the first node counted is not what that node says. */
  diverge(object: string, node: string): void {
    this.#diverged.set(`${node} ${object}`, this.#clock.wallMs() - 2_000);
    this.#tell(object, node);
  }

  converge(object: string, node: string): void {
    this.#diverged.delete(`${node} ${object}`);
    this.#tell(object, node);
  }

  /** Nobody has it any more. */
  remove(object: string): void {
    this.#trees.delete(object);
    this.#observer.remove('objects', object);
  }

  mail(node: string, change: Partial<MailFigures> = {}): void {
    const row = this.#observer.model().members[node];
    if (row === undefined) return;
    const mail = { ...NO_MAIL, ...row.mail, ...change, toldMs: this.#clock.wallMs() };
    this.#observer.set('members', node, { ...row, mail });
  }

  /** Nodes that are heard count on, and say so. */
  tick(silent: ReadonlySet<string>): void {
    const passedMs = this.#clock.nowMs() - this.#toldMs;
    if (passedMs < TOLD_EVERY_MS) return;
    this.#toldMs = this.#clock.nowMs();
    const { members } = this.#observer.model();
    for (const node of this.#nodes) {
      if (silent.has(node) || members[node]?.state !== 'present') continue;
      for (const object of this.#trees.keys()) this.#tell(object, node);
      if (members[node]?.mail !== null) this.#flow(node, Math.min(passedMs, 5_000) / 1_000);
    }
  }

  /** Why a node does not answer; undefined where it does. */
  refusal({ what, about }: AskedQuery): string | undefined {
    if (what !== 'shared') return undefined;
    return this.#trees.has(objectQuery.parse(JSON.parse(about ?? '{}')).object) ? undefined : UNKNOWN_OBJECT;
  }

  /** JSON; undefined where it refuses. */
  answerQuery(asked: AskedQuery): string | undefined {
    const query = objectQuery.parse(JSON.parse(asked.about ?? '{}'));
    const tree = this.#trees.get(query.object);
    if (tree === undefined) return undefined;
    const place = this.#nodes.indexOf(query.view);
    const share = query.view === 'global' ? undefined : { place, of: this.#nodes.length };
    const all =
      query.search === undefined
        ? tree.rows(query.under, share)
        : tree.covering(query.search.toLowerCase(), share);
    const rows = [...all].sort((a, b) => b.value - a.value).slice(0, query.top);
    const part = this.#diverged.has(`${asked.member} ${query.object}`) ? DIVERGED_PART : 1;
    const answer: ObjectAnswer = {
      rows: rows.map((row) => shown(row, query.texts === true, part)),
      found: all.length,
    };
    return JSON.stringify(answer);
  }

  /** What it answers to `cluster shared flush`; undefined for other commands. */
  obey(command: string, node: string): string | undefined {
    const [, object = ''] = /^cluster shared flush (\S+)$/.exec(command) ?? [];
    if (object === '') return undefined;
    if (this.at(object, node) === undefined) return `there is no cache ${object}`;
    this.set(object, node, { entries: 0, total: 0, own: { entries: 0, total: 0 } });
    return `flushed ${object}`;
  }

  #fresh(object: string, node: string): ObjectAtNode {
    const { total = 0, entries = 0 } = this.#trees.get(object) ?? {};
    const part = 1 / Math.max(1, this.#nodes.length);
    return {
      node,
      privateName: this.#observer.model().members[node]?.privateNames[1] ?? null,
      entries,
      total,
      own: { entries: Math.round(entries * part), total: Math.round(total * part) },
      pending: 12,
      oldestPendingMs: 400,
      sentKeys: 0,
      receivedKeys: 0,
      sentBytes: 0,
      receivedBytes: 0,
      rates: { sentKeysPerS: 40, receivedKeysPerS: 80, sentBytesPerS: 1_400, receivedBytesPerS: 2_800 },
      hits: null,
      misses: null,
      owners: this.#nodes
        .filter((other) => other !== node)
        .map((other) => ({
          node: other,
          entries: Math.round(entries * part),
          heardAgoMs: 300,
          awaiting: false,
          divergedAgoMs: null,
        })),
      skewSinceMs: null,
      upMs: 60_000,
      toldMs: this.#clock.wallMs(),
    };
  }

  #tell(object: string, node: string): void {
    const known = this.at(object, node);
    const tree = this.#trees.get(object);
    if (known === undefined || tree === undefined) return;
    const sinceMs = this.#diverged.get(`${node} ${object}`);
    const part = sinceMs === undefined ? 1 : DIVERGED_PART;
    const divergedAgoMs = sinceMs === undefined ? null : this.#clock.wallMs() - sinceMs;
    this.set(object, node, {
      total: known.total === null ? null : Math.round(tree.total * part),
      owners: known.owners.map((owner, at) => ({ ...owner, divergedAgoMs: at === 0 ? divergedAgoMs : null })),
      sentKeys: known.sentKeys + 40,
      receivedKeys: known.receivedKeys + 80,
      sentBytes: known.sentBytes + 1_400,
      receivedBytes: known.receivedBytes + 2_800,
      upMs: known.upMs + TOLD_EVERY_MS,
    });
  }

  #flow(node: string, seconds: number): void {
    const mail = this.#observer.model().members[node]?.mail;
    if (mail === null || mail === undefined) return;
    const wave = 1 + Math.sin(this.#clock.wallMs() / 20_000 + this.#nodes.indexOf(node));
    const receptionRate = 60 + 30 * wave;
    const deliveryRate = 58 + 29 * wave;
    const rejectionRate = 2 * wave;
    this.mail(node, {
      receptions: mail.receptions + Math.round(receptionRate * seconds),
      deliveries: mail.deliveries + Math.round(deliveryRate * seconds),
      rejections: mail.rejections + Math.round(rejectionRate * seconds),
      transients: mail.transients + 1,
      inbound: Math.round(4 * wave),
      outbound: Math.round(6 * wave),
      active: Math.round(40 * wave),
      domains: 31,
      receptionRate,
      deliveryRate,
      rejectionRate,
    });
  }
}

function shown(row: ScriptedRow, texts: boolean, part: number): ObjectAnswer['rows'][number] {
  const { key, value, children, text = null, expiresInMs = null } = row;
  return { key, value: Math.round(value * part), children, text: texts ? text : null, expiresInMs };
}
