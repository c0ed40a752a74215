/** Which mailbox of a member shares data, and who of a view does (momentum.md 3.3). */

import { nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import type { GroupView } from '../msgc/client-api.ts';
import type { ReplicationMember } from '../replication/api.ts';
import { roleOf } from './member-record.ts';
import { decodeCapabilities } from './messages.ts';

/** `#ec1-20768#pono` of `#ec0-20768#pono`; a member with one mailbox shares data with that. */
export function sharedNameOf(name: PrivateName): PrivateName {
  return name.replace(/^#ec0-/, '#ec1-') as PrivateName;
}

/** Nodes and managers of a view of the cluster group, in its order. */
export function replicationMembers(view: GroupView): readonly ReplicationMember[] {
  return view.members.flatMap(({ name, capabilities }): ReplicationMember[] => {
    const facts = decodeCapabilities(capabilities);
    const role = roleOf({ facts });
    if (role !== 'node' && role !== 'manager') return [];
    const node = facts?.nodeName ?? nodeOfPrivateName(name);
    return [{ name: sharedNameOf(name), node, role }];
  });
}
