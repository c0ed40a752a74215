/**
 * Which nodes have another table of DuraVIP than this replica. Heartbeats carry the hash of a table and its epoch: equal at
 * equal epochs is agreement. A node that differs for a while is asked for its table, and compared row by row. Bounded and
 * paced: this is for people, and a cluster in trouble must not be asked to death.
 */

import type { VipNode, VipTable } from '../duravip/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import { nodeTableReply } from '../wire/duravip.ts';

/** A difference shorter than this is a message on its way. */
export const DIFFERS_MS = 2_000;
/** The same node is asked again after this, while it differs. */
export const ASK_AGAIN_MS = 5_000;
/** Nodes that are asked at the same time: a table may be a megabyte. */
export const ASKED_AT_ONCE = 2;

/** What a node thinks of an address, where that is something else than this replica says. */
export type Opinion = {
  readonly owner: string | null;
  /** It says that it owns the address itself, or has it on an interface. */
  readonly claims: boolean;
};

type Known = {
  told: VipNode['told'];
  toldAtMs: number | undefined;
  agrees: boolean | undefined;
  differsSinceMs: number | undefined;
  askedAtMs: number | undefined;
  waiting: boolean;
  differs: ReadonlyMap<IpAddress, Opinion>;
};

const NOTHING: ReadonlyMap<IpAddress, Opinion> = new Map();

export class VipOpinions {
  readonly #known = new Map<NodeName, Known>();
  #epoch = '';
  #epochSinceMs = 0;

  get deadlineMs(): number | undefined {
    const due: number[] = [];
    const waiting = [...this.#known.values()].filter((known) => known.waiting).length;
    if (waiting >= ASKED_AT_ONCE) return undefined;
    for (const known of this.#known.values()) {
      if (known.differsSinceMs === undefined || known.waiting) continue;
      due.push(
        Math.max(known.differsSinceMs + DIFFERS_MS, (known.askedAtMs ?? -ASK_AGAIN_MS) + ASK_AGAIN_MS),
      );
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Null: not heard yet. */
  agrees(node: NodeName): boolean | null {
    return this.#known.get(node)?.agrees ?? null;
  }

  toldAtMs(node: NodeName): number | undefined {
    return this.#known.get(node)?.toldAtMs;
  }

  /** Whether anything is known of the table of a node. */
  isKnown(node: NodeName): boolean {
    const known = this.#known.get(node);
    return known?.agrees === true || (known !== undefined && known.differs !== NOTHING);
  }

  of(node: NodeName, address: IpAddress): Opinion | undefined {
    return this.#known.get(node)?.differs.get(address);
  }

  /** Looks at what nodes said last. @returns addresses of which opinions changed; undefined for all. */
  look(table: VipTable, nowMs: number): readonly IpAddress[] | undefined {
    if (table.epoch !== this.#epoch) {
      this.#epoch = table.epoch;
      this.#epochSinceMs = nowMs;
    }
    const present = new Set<NodeName>();
    const changed: IpAddress[] = [];
    let all = false;
    for (const node of table.nodes()) {
      present.add(node.node);
      const known = this.#of(node.node);
      if (node.told === known.told) continue;
      known.told = node.told;
      if (node.told === undefined) continue;
      known.toldAtMs = nowMs;
      const before = this.isKnown(node.node);
      changed.push(...this.#judge(known, node.told, table, nowMs));
      if (this.isKnown(node.node) !== before) all = true;
    }
    for (const node of this.#known.keys()) {
      if (present.has(node)) continue;
      this.#known.delete(node);
      all = true;
    }
    return all ? undefined : changed;
  }

  /** Nodes whose table should be asked for now; each counts as asked. */
  due(table: VipTable, nowMs: number): readonly { readonly node: NodeName; readonly name: PrivateName }[] {
    let waiting = [...this.#known.values()].filter((known) => known.waiting).length;
    return table.nodes().flatMap(({ node, name }) => {
      const known = this.#known.get(node);
      if (known?.differsSinceMs === undefined || known.waiting || waiting >= ASKED_AT_ONCE) return [];
      if (nowMs < known.differsSinceMs + DIFFERS_MS) return [];
      if (known.askedAtMs !== undefined && nowMs < known.askedAtMs + ASK_AGAIN_MS) return [];
      known.askedAtMs = nowMs;
      known.waiting = true;
      waiting += 1;
      return [{ node, name }];
    });
  }

  /** The answer of a node that was asked; undefined: it gave none. @returns addresses of which opinions changed. */
  answered(node: NodeName, text: string | undefined, table: VipTable): readonly IpAddress[] | undefined {
    const known = this.#known.get(node);
    if (known === undefined) return [];
    known.waiting = false;
    if (text === undefined || known.agrees !== false) return [];
    const differs = differences(node, text, table);
    if (differs === undefined) return [];
    const before = known.differs;
    known.differs = differs;
    return before === NOTHING ? undefined : [...before.keys(), ...differs.keys()];
  }

  #judge(
    known: Known,
    told: NonNullable<VipNode['told']>,
    table: VipTable,
    nowMs: number,
  ): readonly IpAddress[] {
    const comparable = told.epoch === table.epoch;
    // A node that stays behind while nothing happens has missed something for good.
    if (!comparable && nowMs < this.#epochSinceMs + DIFFERS_MS) return [];
    if (comparable && told.table === table.hash) {
      const before = known.differs;
      known.agrees = true;
      known.differsSinceMs = undefined;
      known.askedAtMs = undefined;
      known.differs = NOTHING;
      return [...before.keys()];
    }
    known.agrees = false;
    known.differsSinceMs ??= nowMs;
    return [];
  }

  #of(node: NodeName): Known {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const fresh: Known = {
      told: undefined,
      toldAtMs: undefined,
      agrees: undefined,
      differsSinceMs: undefined,
      askedAtMs: undefined,
      waiting: false,
      differs: NOTHING,
    };
    this.#known.set(node, fresh);
    return fresh;
  }
}

/** Undefined where the text is no table. */
function differences(
  node: NodeName,
  text: string,
  table: VipTable,
): ReadonlyMap<IpAddress, Opinion> | undefined {
  const said = parseTable(text);
  if (said === undefined) return undefined;
  const differs = new Map<IpAddress, Opinion>();
  const rows = new Map(said.map((row) => [row.address, row]));
  for (const entry of table.entries()) {
    const row = rows.get(entry.address);
    const owner = row?.owner ?? null;
    const claims = row !== undefined && (owner === node || row.plumbed) && entry.owner !== node;
    if (owner === (entry.owner ?? null) && !claims) continue;
    differs.set(entry.address, { owner: claims && row.plumbed ? node : owner, claims });
  }
  return differs;
}

function parseTable(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // the only thing JSON.parse can mean by throwing
  }
  const parsed = nodeTableReply.safeParse(value);
  return parsed.success ? parsed.data.rows : undefined;
}
