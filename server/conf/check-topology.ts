/** Checks of the blocks that say where DuraVIP addresses belong (momentum.md 5.3). */

import { isIpv6 } from '../model/ip.ts';
import { type DiagnosticSink, shown } from './diagnostics.ts';
import type { DuravipUses, Topology } from './duravip-uses.ts';

/** Bytes of the name of an interface, without the zero at its end (Linux). */
const INTERFACE_NAME_MAX = 15;

export function checkTopologies({ topologies, vips }: DuravipUses, sink: DiagnosticSink): void {
  const inUse = new Set([...vips.values()].map(({ topology }) => topology));
  const seen = new Map<string, Topology>();
  for (const one of topologies) {
    checkMask(one, sink);
    checkInterface(one, inUse.has(one), sink);
    const block = `${one.network.address}/${one.network.bits}`;
    const before = seen.get(block);
    seen.set(block, before ?? one);
    if (before === undefined) continue;
    const { file, line } = before.scope.at;
    const message = `Topology '${shown(one.scope.instance ?? '')}' is the block ${block}, which line ${line} of ${file} already is`;
    sink.add('CONF_DURAVIP_TOPOLOGY', one.scope.at, message, 'the first one counts');
  }
}

function checkMask({ network, prefix, scope }: Topology, sink: DiagnosticSink): void {
  const at = scope.options.get('cidrmask')?.value.at ?? scope.at;
  const widest = isIpv6(network.address) ? 128 : 32;
  const block = `${network.address}/${network.bits}`;
  if (prefix > widest) {
    const message = `cidrmask is ${prefix}; an address in ${block} has ${widest} bits`;
    sink.add('CONF_BAD_VALUE', at, message, `it is almost always ${widest}, the default`);
  } else if (prefix < network.bits) {
    const message = `cidrmask ${prefix} makes each address one of a network that is larger than ${block}`;
    sink.add('CONF_DURAVIP_TOPOLOGY', at, message, `it is almost always ${widest}, the default`);
  }
}

function checkInterface({ interface: name, scope }: Topology, inUse: boolean, sink: DiagnosticSink): void {
  if (name === undefined) {
    if (!inUse) return;
    const message = `Topology '${shown(scope.instance ?? '')}' names no interface, so no node will have its addresses`;
    sink.add('CONF_DURAVIP_TOPOLOGY', scope.at, message, 'write interface = "eth0"');
    return;
  }
  if (
    /^[^\s\p{C}/:-][^\s\p{C}/:]*$/u.test(name) &&
    new TextEncoder().encode(name).length <= INTERFACE_NAME_MAX
  ) {
    return;
  }
  const at = scope.options.get('interface')?.value.at ?? scope.at;
  const hint = `at most ${INTERFACE_NAME_MAX} characters without blanks, : and /`;
  sink.add('CONF_BAD_VALUE', at, `interface '${shown(name)}' is not the name of an interface`, hint);
}
