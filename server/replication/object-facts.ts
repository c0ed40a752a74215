/** What a process says of its objects: console, status and pages. */

import type { ReplicationMember, SharedObjectFacts } from './api.ts';
import { CacheStore } from './cache-store.ts';
import type { Exchange } from './exchange.ts';
import { OWN } from './object-store.ts';
import type { SharedObject } from './shared-object.ts';

type OwnerFacts = SharedObjectFacts['owners'][number];

export function factsOf(exchange: Exchange, object: SharedObject): SharedObjectFacts {
  const { plan, store, sent, received } = object;
  const { messages, bytes, keys } = received;
  return {
    plan,
    entries: store.entries('all'),
    total: store.total('all'),
    own: { entries: store.entries(OWN), total: store.total(OWN) },
    lookups: store instanceof CacheStore ? store.lookups : undefined,
    pending: store.changes.size,
    oldestPendingMs: store.changes.oldestMs,
    sent: { messages: sent.messages, bytes: sent.bytes, keys: sent.keys },
    received: { messages, bytes, keys },
    owners: ownersOf(exchange, object),
  };
}

function ownersOf({ peers, receiver, watch }: Exchange, object: SharedObject): readonly OwnerFacts[] {
  const { name, type } = object.plan;
  const sharing = peers.others.filter(({ objects }) => objects.get(name) === type);
  return sharing.map(({ member, owner, heardMs }) => ({
    member: plain(member),
    entries: object.store.entries(owner),
    lastHeardMs: heardMs,
    awaiting: receiver.isAwaiting(object, member.name),
    divergedSinceMs: watch.sinceMs(object, member.name),
  }));
}

function plain({ name, node, role }: ReplicationMember): ReplicationMember {
  return { name, node, role };
}
