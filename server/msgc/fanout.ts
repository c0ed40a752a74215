/**
 * Turns ordered operations and views into frames for the mailboxes of this server: messages to the members of a
 * group at their position, group views, and the mark of a transitional configuration. Rules: SPEC.md BUS-40 to BUS-46.
 */

import { type NodeName, type PrivateName, privateName } from '../model/names.ts';
import type { GroupView } from './client-api.ts';
import { encodeClientFrame, encodeMessagesHead } from './client-frames.ts';
import type { OldViewPlan, ServerGroups } from './frames.ts';
import { type GroupChange, type GroupEntry, GroupTables } from './groups.ts';
import { type Attempt, groupViewIdText, type View, viewIdText } from './ids.ts';
import { type Op, readOps } from './ops.ts';
import type { Delivery } from './order.ts';
import { packMessages } from './packet.ts';

export type FanoutHost = {
  /** Mailbox index of a live client, by the `cid` of the mailbox. */
  readonly mailboxOf: (cid: number) => number | undefined;
  /** `cid` of the live mailbox with this session name. */
  readonly cidOf: (session: string) => number | undefined;
  /** @param count messages in the frame. @param body completes a frame whose head is `frame`. */
  readonly deliver: (cid: number, frame: Buffer, count: number, body?: Buffer) => void;
  readonly count: (counter: string) => void;
};

export class Fanout {
  readonly #me: NodeName;
  readonly #host: FanoutHost;
  readonly #tables: GroupTables;
  #next: Attempt | undefined = undefined;

  constructor(me: NodeName, view: View, host: FanoutHost) {
    this.#me = me;
    this.#host = host;
    this.#tables = new GroupTables(view.members);
  }

  get tables(): GroupTables {
    return this.#tables;
  }

  delivered(delivery: Delivery): void {
    const { ops, complete } = readOps(delivery.batch.body);
    if (!complete) this.#host.count('bad_operations');
    ops.forEach((op, index) => {
      this.#apply(delivery, op, index);
    });
  }

  /** The transitional configuration begins: members of groups that reach beyond it are told. */
  transition(old: OldViewPlan, next: Attempt): void {
    this.#next = next;
    const together = new Set(old.together);
    for (const group of this.#tables.groupNames()) {
      const members = this.#tables.membersOf(group);
      if (members.every(({ node }) => together.has(node))) continue;
      for (const { cid } of this.#local(members)) {
        const mailbox = this.#host.mailboxOf(cid);
        if (mailbox === undefined) continue;
        this.#host.deliver(cid, encodeClientFrame({ type: 'transition', mailbox, group }), 1);
      }
    }
  }

  installed(view: View, old: OldViewPlan, groups: readonly ServerGroups[] | undefined): void {
    this.#next = undefined;
    const together = new Set(old.together);
    const changes = this.#tables.install(view.members, old, groups);
    for (const change of changes) {
      const before = change.members.filter(
        (entry) => together.has(entry.node) && !change.joined.includes(entry),
      );
      this.#announce(
        change,
        groupViewIdText(view.id, 0, 0),
        before.map(({ name }) => name),
        [],
      );
    }
  }

  #apply(delivery: Delivery, op: Op, index: number): void {
    const { origin } = delivery.batch;
    switch (op.type) {
      case 'multicast':
        this.#multicast(origin, op);
        return;
      case 'private':
        this.#private(origin, op);
        return;
      default:
        for (const change of this.#tables.apply(origin, op)) {
          const others = change.members.filter((entry) => !change.joined.includes(entry));
          const leavers = op.type === 'leave' ? change.lost.map(({ entry }) => entry) : [];
          const names = others.map(({ name }) => name);
          this.#announce(change, this.#viewId(delivery, index), names, leavers);
        }
    }
  }

  /** Positions beyond the cut exist in several components: those ids name the next view as well. */
  #viewId({ view, at }: Delivery, index: number): string {
    if ('gseq' in at) return groupViewIdText(view.id, at.gseq, index);
    const next = this.#next === undefined ? '' : viewIdText(this.#next);
    return `${viewIdText(view.id)}:~${next}:${String(at.pending).padStart(6, '0')}.${String(index).padStart(4, '0')}`;
  }

  #announce(
    change: GroupChange,
    viewId: string,
    transitional: readonly PrivateName[],
    leavers: readonly GroupEntry[],
  ): void {
    const hearers = this.#local([...change.members, ...leavers]);
    if (hearers.length === 0) return;
    const view: GroupView = {
      group: change.group,
      viewId,
      members: change.members.map(({ name, capabilities }) => ({ name, capabilities })),
      cause: change.cause,
      joined: change.joined.map(({ name }) => name),
      lost: change.lost.map(({ entry, cause }) => ({ name: entry.name, cause })),
      transitional,
    };
    for (const { cid } of hearers) {
      const mailbox = this.#host.mailboxOf(cid);
      if (mailbox !== undefined)
        this.#host.deliver(cid, encodeClientFrame({ type: 'view', mailbox, view }), 1);
    }
  }

  #multicast(origin: NodeName, op: Extract<Op, { type: 'multicast' }>): void {
    const sender = privateName(op.session, origin);
    const served = op.groups.length > 1 ? new Set<number>() : undefined;
    // Consecutive receivers with the same mailbox index share one head.
    let mailboxBefore = -1;
    let head: Buffer | undefined;
    for (const group of op.groups) {
      head = undefined;
      for (const { node, cid } of this.#tables.membersOf(group)) {
        if (node !== this.#me || served?.has(cid)) continue;
        const mailbox = this.#host.mailboxOf(cid);
        if (mailbox === undefined) continue;
        if (head === undefined || mailbox !== mailboxBefore) {
          const { messages } = op;
          head = encodeMessagesHead({ type: 'deliver', mailbox, group, sender, messages });
        }
        mailboxBefore = mailbox;
        served?.add(cid);
        this.#host.deliver(cid, head, op.count, op.messages);
      }
    }
  }

  #private(origin: NodeName, op: Extract<Op, { type: 'private' }>): void {
    if (op.toNode !== this.#me) return;
    const cid = this.#host.cidOf(op.toSession);
    const mailbox = cid === undefined ? undefined : this.#host.mailboxOf(cid);
    if (cid === undefined || mailbox === undefined) {
      this.#host.count('private_without_mailbox');
      return;
    }
    const sender = privateName(op.session, origin);
    const messages = packMessages([op]);
    const frame = encodeClientFrame({ type: 'deliver', mailbox, group: '', sender, messages });
    this.#host.deliver(cid, frame, 1);
  }

  #local(entries: readonly GroupEntry[]): readonly GroupEntry[] {
    return entries.filter(({ node }) => node === this.#me);
  }
}
