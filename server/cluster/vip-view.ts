/** A view of the cluster group as DuraVIP sees it: who takes part is said by the capabilities of each member (R2). */

import type { VipView } from '../duravip/api.ts';
import { nodeOfPrivateName } from '../model/names.ts';
import type { GroupView } from '../msgc/client-api.ts';
import { roleOf } from './member-record.ts';
import { decodeCapabilities } from './messages.ts';

export function vipViewOf(view: GroupView): VipView {
  return {
    id: view.viewId,
    members: view.members.map(({ name, capabilities }) => {
      const facts = decodeCapabilities(capabilities);
      return {
        name,
        node: facts?.nodeName ?? nodeOfPrivateName(name),
        participant: roleOf({ facts }) === 'node',
      };
    }),
    together: view.transitional,
    lost: view.lost,
  };
}
