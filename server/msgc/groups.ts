/**
 * Who is in which group: changed only by ordered operations and by views, hence equal on all servers of a view at the
 * same position. Rules: SPEC.md BUS-40 to BUS-46 (evs.md 6.8).
 */

import { type GroupName, type NodeName, type PrivateName, privateName } from '../model/names.ts';
import type { GroupView, LossCause } from './client-api.ts';
import type { Membership, OldViewPlan, ServerGroups } from './frames.ts';
import type { ProcessId } from './ids.ts';
import { type Op, readOps } from './ops.ts';

export type GroupEntry = {
  readonly node: NodeName;
  /** Incarnation of the server; a mailbox of a restarted server is another one. */
  readonly inc: number;
  readonly cid: number;
  readonly session: string;
  readonly name: PrivateName;
  readonly capabilities: Buffer;
};

export type GroupChange = {
  readonly group: GroupName;
  readonly cause: GroupView['cause'];
  readonly members: readonly GroupEntry[];
  readonly joined: readonly GroupEntry[];
  readonly lost: readonly { readonly entry: GroupEntry; readonly cause: LossCause }[];
};

const NOBODY: readonly GroupEntry[] = [];

export class GroupTables {
  #members: readonly ProcessId[];
  #rank = new Map<NodeName, number>();
  #groups = new Map<string, readonly GroupEntry[]>();

  constructor(members: readonly ProcessId[]) {
    this.#members = members;
    this.#setMembers(members);
  }

  membersOf(group: string): readonly GroupEntry[] {
    return this.#groups.get(group) ?? NOBODY;
  }

  groupNames(): readonly GroupName[] {
    return [...this.#groups.keys()] as GroupName[];
  }

  /** Applies one ordered operation of a server. Messages change nothing. */
  apply(origin: NodeName, op: Op): readonly GroupChange[] {
    switch (op.type) {
      case 'join':
        return this.#join(origin, op);
      case 'leave':
        return this.#remove(op.group, origin, op.cid, 'leave', 'leave');
      case 'disconnect': {
        const changes: GroupChange[] = [];
        for (const group of [...this.#groups.keys()]) {
          changes.push(...this.#remove(group, origin, op.cid, 'disconnect', op.cause));
        }
        return changes;
      }
      default:
        return [];
    }
  }

  /** Memberships of one server in the order of joining, group by group. */
  membershipsOf(node: NodeName): readonly Membership[] {
    const found: Membership[] = [];
    for (const [group, entries] of this.#groups) {
      for (const { node: at, cid, session, capabilities } of entries) {
        if (at === node) found.push({ group, cid, session, capabilities });
      }
    }
    return found;
  }

  /** As `membershipsOf`, once the bodies of further own batches are applied. The tables stay as they are. */
  membershipsAfter(node: NodeName, bodies: readonly Buffer[]): readonly Membership[] {
    if (bodies.length === 0) return this.membershipsOf(node);
    const copy = new GroupTables(this.#members);
    copy.#groups = new Map(this.#groups);
    for (const body of bodies) {
      for (const op of readOps(body).ops) copy.apply(node, op);
    }
    return copy.membershipsOf(node);
  }

  /**
   * A new view: mailboxes of servers that are not in it go. With `groups` the tables are those that every server told
   * about its own clients. Returns one change for each group that looks different, or whose members do not all share
   * the history of this server (G4).
   */
  install(
    members: readonly ProcessId[],
    old: Pick<OldViewPlan, 'lost' | 'together'>,
    groups: readonly ServerGroups[] | undefined,
  ): readonly GroupChange[] {
    const before = this.#groups;
    this.#setMembers(members);
    this.#groups = groups === undefined ? this.#kept(before) : this.#union(groups);
    const names = new Set([...before.keys(), ...this.#groups.keys()]);
    const changes: GroupChange[] = [];
    for (const name of [...names].sort()) {
      const change = this.#compare(name as GroupName, before.get(name) ?? NOBODY, old);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #setMembers(members: readonly ProcessId[]): void {
    this.#members = members;
    this.#rank = new Map(members.map(({ node }, index) => [node, index]));
  }

  #kept(before: ReadonlyMap<string, readonly GroupEntry[]>): Map<string, readonly GroupEntry[]> {
    const kept = new Map<string, readonly GroupEntry[]>();
    for (const [name, entries] of before) {
      const left = entries.filter((entry) => this.#incOf(entry.node) === entry.inc);
      if (left.length > 0) kept.set(name, this.#inOrder(left));
    }
    return kept;
  }

  #union(groups: readonly ServerGroups[]): Map<string, readonly GroupEntry[]> {
    const union = new Map<string, GroupEntry[]>();
    for (const { node, memberships } of groups) {
      const inc = this.#incOf(node);
      if (inc === undefined) continue;
      for (const { group, cid, session, capabilities } of memberships) {
        const entry = { node, inc, cid, session, name: privateName(session, node), capabilities };
        const entries = union.get(group);
        if (entries === undefined) union.set(group, [entry]);
        else entries.push(entry);
      }
    }
    return new Map([...union].map(([name, entries]) => [name, this.#inOrder(entries)]));
  }

  #compare(
    group: GroupName,
    before: readonly GroupEntry[],
    old: Pick<OldViewPlan, 'lost' | 'together'>,
  ): GroupChange | undefined {
    const members = this.membersOf(group);
    const had = new Set(before.map(entryKey));
    const has = new Set(members.map(entryKey));
    const joined = members.filter((entry) => !had.has(entryKey(entry)));
    const lost = before
      .filter((entry) => !has.has(entryKey(entry)))
      .map((entry) => ({
        entry,
        cause: old.lost.find(({ node, inc }) => node === entry.node && inc === entry.inc)?.cause ?? 'closed',
      }));
    const together = members.every(({ node }) => old.together.includes(node));
    if (joined.length === 0 && lost.length === 0 && together) return undefined;
    return { group, cause: 'network', members, joined, lost };
  }

  #join(origin: NodeName, op: Extract<Op, { type: 'join' }>): readonly GroupChange[] {
    const inc = this.#incOf(origin);
    const before = this.membersOf(op.group);
    if (inc === undefined || before.some(({ node, cid }) => node === origin && cid === op.cid)) return [];
    const { cid, session, capabilities } = op;
    const entry = { node: origin, inc, cid, session, name: privateName(session, origin), capabilities };
    const members = this.#inOrder([...before, entry]);
    this.#groups.set(op.group, members);
    return [{ group: op.group as GroupName, cause: 'join', members, joined: [entry], lost: [] }];
  }

  #remove(
    group: string,
    origin: NodeName,
    cid: number,
    cause: 'leave' | 'disconnect',
    lossCause: LossCause,
  ): readonly GroupChange[] {
    const before = this.membersOf(group);
    const entry = before.find((one) => one.node === origin && one.cid === cid);
    if (entry === undefined) return [];
    const members = before.filter((one) => one !== entry);
    if (members.length === 0) this.#groups.delete(group);
    else this.#groups.set(group, members);
    const lost = [{ entry, cause: lossCause }];
    return [{ group: group as GroupName, cause, members, joined: [], lost }];
  }

  /** Order of servers in the view, then order of joining (the sort is stable). */
  #inOrder(entries: readonly GroupEntry[]): readonly GroupEntry[] {
    const rank = ({ node }: GroupEntry) => this.#rank.get(node) ?? Number.MAX_SAFE_INTEGER;
    return [...entries].sort((a, b) => rank(a) - rank(b));
  }

  #incOf(node: NodeName): number | undefined {
    return this.#members.find((member) => member.node === node)?.inc;
  }
}

function entryKey({ node, inc, cid }: GroupEntry): string {
  return `${cid} ${inc} ${node}`;
}
