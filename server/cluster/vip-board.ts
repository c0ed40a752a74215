/**
 * Keeps the rows of DuraVIP in the live model in step with the replicated table. Entries that did not change are the same
 * objects in the table, so that with 10,240 addresses only the rows that changed are made anew. Knows no bus.
 */

import type { VipEntry, VipHappening, VipTable } from '../duravip/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';
import type { DuravipRow } from '../wire/duravip.ts';
import type { LiveTables } from './live-tables.ts';
import type { VipOpinions } from './vip-opinions.ts';
import { duravipRowOf, goneNodeRow, type NodeLoad, vipNodeRowOf, vipRowOf } from './vip-rows.ts';
import type { WallClock } from './wall-clock.ts';

/** Nodes that are gone and still have a row; the oldest go first. */
export const GONE_NODES_MAX = 256;
/** A node that agrees as before is told again after this. */
const TOLD_AGAIN_MS = 5_000;

type Shown = { readonly entry: VipEntry; readonly ownerSinceMs: number | null };

export class VipBoard {
  readonly #tables: LiveTables;
  readonly #opinions: VipOpinions;
  readonly #wall: WallClock;
  readonly #shown = new Map<IpAddress, Shown>();
  readonly #followers = new Map<IpAddress, Set<IpAddress>>();
  readonly #loads = new Map<NodeName, NodeLoad>();
  readonly #due = new Map<NodeName, number>();
  #entries: readonly VipEntry[] | undefined;
  #sinceMs: number | undefined;
  #viewId: string | undefined;
  /** When this replica knew the table for the first time: what began before it has no date. */
  #syncedAtMs: number | undefined;

  constructor(parts: {
    readonly tables: LiveTables;
    readonly opinions: VipOpinions;
    readonly wall: WallClock;
  }) {
    this.#tables = parts.tables;
    this.#opinions = parts.opinions;
    this.#wall = parts.wall;
  }

  /** A reload on a node makes an announced view due, until somebody announces one (VIP-16). */
  note(happenings: readonly VipHappening[], nowMs: number): void {
    for (const happening of happenings) {
      if (happening.type === 'config') this.#due.set(happening.node, this.#wall.at(nowMs));
      else if (happening.type === 'announced') this.#due.clear();
    }
  }

  /**
   * Shows what the table says now.
   * @param opinionsOf addresses of which others changed their opinion; undefined for all.
   */
  update(table: VipTable, opinionsOf: readonly IpAddress[] | undefined, nowMs: number): void {
    // While the nodes agree anew, or nothing is heard, what was known last stays; the row `duravip` says so.
    if (!table.synced && this.#syncedAtMs !== undefined) {
      this.#showTable(table, nowMs);
      return;
    }
    // Nothing was heard yet: no row claims to know anything.
    if (!table.synced && table.entries().length === 0) return;
    const firstSync = this.#syncedAtMs === undefined && table.synced;
    if (firstSync) this.#syncedAtMs = nowMs;
    const dirty = this.#changedEntries(table, nowMs);
    if (opinionsOf === undefined || firstSync) for (const address of this.#shown.keys()) dirty.add(address);
    else for (const address of opinionsOf) dirty.add(address);
    for (const address of dirty) this.#showVip(table, address);
    this.#showNodes(table);
    this.#showTable(table, nowMs);
  }

  #changedEntries(table: VipTable, nowMs: number): Set<IpAddress> {
    const dirty = new Set<IpAddress>();
    const entries = table.entries();
    if (entries === this.#entries) return dirty;
    this.#entries = entries;
    for (const entry of entries) {
      const before = this.#shown.get(entry.address);
      if (before?.entry === entry) continue;
      this.#keep(entry, before, nowMs, dirty);
    }
    if (entries.length !== this.#shown.size) {
      const present = new Set(entries.map(({ address }) => address));
      for (const [address, { entry }] of this.#shown) {
        if (present.has(address)) continue;
        this.#count(entry, -1);
        this.#follow(entry, undefined, dirty);
        this.#shown.delete(address);
        dirty.add(address);
      }
    }
    return dirty;
  }

  #keep(entry: VipEntry, before: Shown | undefined, nowMs: number, dirty: Set<IpAddress>): void {
    if (before !== undefined) this.#count(before.entry, -1);
    this.#count(entry, 1);
    this.#follow(before?.entry, entry, dirty);
    const same = before !== undefined && before.entry.owner === entry.owner;
    this.#shown.set(entry.address, {
      entry,
      ownerSinceMs: same ? before.ownerSinceMs : this.#seenAt(nowMs),
    });
    dirty.add(entry.address);
  }

  /** A wall-clock moment; null for one at which nobody had looked yet. */
  #seenAt(momentMs: number): number | null {
    const began = this.#syncedAtMs;
    return began === undefined || momentMs <= began ? null : this.#wall.at(momentMs);
  }

  #count(entry: VipEntry, by: 1 | -1): void {
    for (const { node, obstacle } of entry.participants) {
      if (obstacle === undefined) this.#loadOf(node).candidate += by;
    }
    if (entry.owner !== undefined) {
      const load = this.#loadOf(entry.owner);
      load.owned += by;
      if (entry.state === 'up') load.up += by;
      if (entry.state === 'failed') load.failed += by;
    }
  }

  #loadOf(node: NodeName): NodeLoad {
    const known = this.#loads.get(node);
    if (known !== undefined) return known;
    const fresh: NodeLoad = { owned: 0, candidate: 0, up: 0, failed: 0 };
    this.#loads.set(node, fresh);
    return fresh;
  }

  #follow(before: VipEntry | undefined, now: VipEntry | undefined, dirty: Set<IpAddress>): void {
    if (before?.follows === now?.follows) return;
    if (before?.follows !== undefined) {
      this.#followers.get(before.follows)?.delete(before.address);
      dirty.add(before.follows);
    }
    if (now?.follows !== undefined) {
      const followers = this.#followers.get(now.follows) ?? new Set();
      followers.add(now.address);
      this.#followers.set(now.follows, followers);
      dirty.add(now.follows);
    }
  }

  #showVip(table: VipTable, address: IpAddress): void {
    const shown = this.#shown.get(address);
    if (shown === undefined) {
      this.#tables.remove('vips', address);
      return;
    }
    const { entry, ownerSinceMs } = shown;
    const disagree: { node: string; owner: string | null }[] = [];
    const claims: string[] = [];
    let tablesKnown = 0;
    for (const { node } of entry.participants) {
      if (this.#opinions.isKnown(node)) tablesKnown += 1;
      const opinion = this.#opinions.of(node, address);
      if (opinion === undefined) continue;
      disagree.push({ node, owner: opinion.owner });
      if (opinion.claims) claims.push(node);
    }
    const row = vipRowOf(entry, {
      known: this.#syncedAtMs !== undefined || table.synced,
      followers: [...(this.#followers.get(address) ?? [])],
      disagree,
      claims,
      tablesKnown,
      ownerSinceMs: entry.owner === undefined ? null : ownerSinceMs,
      viewSinceMs: this.#seenAt(entry.viewSinceMs),
      configSinceMs: this.#seenAt(entry.configSinceMs),
    });
    this.#tables.set('vips', address, row);
  }

  #showNodes(table: VipTable): void {
    const present = new Set<string>();
    for (const node of table.nodes()) {
      present.add(node.node);
      const toldAtMs = this.#opinions.toldAtMs(node.node);
      const row = vipNodeRowOf(node, this.#loadOf(node.node), {
        agrees: this.#opinions.agrees(node.node),
        toldMs: toldAtMs === undefined ? null : this.#wall.at(toldAtMs),
      });
      const before = this.#tables.get('vipNodes', node.node);
      // A heartbeat that says the same again is told now and then only, for its date.
      const again = before?.toldMs === null || (before?.toldMs ?? 0) + TOLD_AGAIN_MS <= (row.toldMs ?? 0);
      const same = before !== undefined && before.agrees === row.agrees && !again;
      this.#tables.set('vipNodes', node.node, same ? { ...row, toldMs: before.toldMs } : row);
    }
    const gone = this.#tables.keys('vipNodes').filter((node) => !present.has(node));
    for (const node of gone) {
      const load = this.#loads.get(node as NodeName);
      if (load !== undefined && load.owned === 0 && load.candidate === 0)
        this.#loads.delete(node as NodeName);
      this.#due.delete(node as NodeName);
      const row = this.#tables.get('vipNodes', node);
      if (row?.present === true) this.#tables.set('vipNodes', node, goneNodeRow(row));
    }
    for (const node of gone.slice(0, Math.max(0, gone.length - GONE_NODES_MAX))) {
      this.#tables.remove('vipNodes', node);
    }
  }

  #showTable(table: VipTable, nowMs: number): void {
    if (this.#sinceMs === undefined || this.#viewId !== table.viewId) this.#sinceMs = nowMs;
    this.#viewId = table.viewId;
    const sinceMs = this.#wall.at(this.#sinceMs);
    this.#tables.set(
      'duravip',
      'duravip',
      duravipRowOf(table, { sinceMs, announceDue: this.#announceDue() }),
    );
  }

  #announceDue(): DuravipRow['announceDue'] {
    if (this.#due.size === 0) return null;
    return { sinceMs: Math.min(...this.#due.values()), nodes: [...this.#due.keys()] };
  }
}
