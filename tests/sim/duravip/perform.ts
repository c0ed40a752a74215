/** Does the deeds of a schedule to a world. */

import { unreachable } from '../../../server/base/assert.ts';
import { addressOf, nodeNamed } from './configurations.ts';
import type { Deed } from './deeds.ts';
import type { VipWorld } from './world.ts';

/** Does it to the world now. */
export function perform(world: VipWorld, deed: Deed): void {
  const { network } = world;
  switch (deed.kind) {
    case 'crash':
      world.crash(deed.who);
      world.later(deed.backMs, () => world.start(deed.who));
      return;
    case 'leave':
      world.leave(deed.who);
      world.later(deed.backMs, () => world.start(deed.who));
      return;
    case 'start':
      world.start(deed.who);
      return;
    case 'cut': {
      const ways = deed.ways.map(([from, to]) => [nodeNamed(from), nodeNamed(to)] as const);
      for (const [from, to] of ways) network.block(from, to);
      world.later(deed.forMs, () => {
        for (const [from, to] of ways) network.unblock(from, to);
      });
      return;
    }
    case 'pause':
      world.pause(deed.who, deed.forMs);
      return;
    case 'break':
      world.breakConnection(deed.who, deed.connection);
      return;
    case 'slow':
      network.slowDown(nodeNamed(deed.who), deed.byMs);
      world.later(deed.forMs, () => network.slowDown(nodeNamed(deed.who), 0));
      return;
    case 'jump':
      world.jump(deed.who, deed.byMs);
      return;
    case 'reload':
      world.reload(deed.who, deed.config);
      return;
    case 'policy':
      world.changePolicy(deed.who, deed.change);
      return;
    case 'order':
      world.order(deed.order, deed.to);
      return;
    case 'observer':
      world.stopObserver(deed.which);
      world.later(deed.backMs, () => world.startObserver(deed.which));
      return;
    case 'repeat':
      world.repeat(deed.who, deed.message);
      return;
    default:
      performOnHost(world, deed);
  }
}

type OnHost = Extract<Deed, { readonly kind: 'slowHost' | 'refuse' | 'link' | 'removeByHand' | 'addByHand' }>;

function performOnHost(world: VipWorld, deed: OnHost): void {
  const machine = world.machineOf(deed.who);
  switch (deed.kind) {
    case 'slowHost':
      machine.slowMs = deed.byMs;
      world.later(deed.forMs, () => {
        machine.slowMs = 0;
      });
      return;
    case 'refuse': {
      const address = deed.address === 'all' ? 'all' : addressOf(deed.address);
      machine.refuse(address, true);
      world.later(deed.forMs, () => machine.refuse(address, false));
      return;
    }
    case 'link':
      machine.link(deed.interface, false);
      world.later(deed.forMs, () => machine.link(deed.interface, true));
      return;
    case 'removeByHand':
      machine.removeByHand(addressOf(deed.address));
      return;
    case 'addByHand':
      world.addByHand(deed.who, addressOf(deed.address));
      return;
    default:
      unreachable(deed);
  }
}
