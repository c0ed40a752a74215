/**
 * Checks of DuraVIP (momentum.md 5, A35, A36, VIP-33): who may use which address, where it belongs, whom it prefers and
 * follows. What only a running node can know, such as the addresses of its host, is in its plan.
 */

import { nearest } from '../base/nearest.ts';
import { bytesOf, type IpAddress, isIpv6, networkOf, parseIp } from '../model/ip.ts';
import { isLoopback, parseListen } from './addresses.ts';
import { checkKeptScopes } from './check-kept-scopes.ts';
import { checkTopologies } from './check-topology.ts';
import { type DiagnosticSink, type Position, shown } from './diagnostics.ts';
import {
  type DuravipUses,
  duravipUses,
  isManaged,
  OWN_LISTENERS,
  preferenceOf,
  type VipUse,
  type VipUses,
} from './duravip-uses.ts';
import type { Generation } from './generation.ts';
import type { OptionNode, ScopeNode } from './scope-tree.ts';

/** At most so many addresses are managed (momentum.md 5.1). */
export const DURAVIP_ADDRESSES_MAX = 10_240;

/** Other nodes and their consoles show it (momentum.md 8.1). */
const BINDING_NAME_MAX = 255;

export function checkDuravip(generation: Generation, sink: DiagnosticSink): void {
  const read = duravipUses(generation);
  for (const use of read.uses) checkUse(use, read, sink);
  checkPreferredNodes(read, generation, sink);
  checkBindingNames(read, sink);
  const own = ownPlaces(generation);
  const loopback = generation.getString(['cluster'], 'duravip_host')?.toLowerCase() === 'loopback';
  let count = 0;
  for (const vip of read.vips.values()) {
    checkPlace(vip, own, loopback, sink);
    checkFollow(vip, sink);
    checkPreferences(vip, sink);
    count += 1;
    if (count !== DURAVIP_ADDRESSES_MAX + 1) continue;
    const message = `${read.vips.size} addresses are under DuraVIP; at most ${DURAVIP_ADDRESSES_MAX} can be`;
    sink.add('CONF_DURAVIP_LIMIT', placeOf(vip.first), message, 'this one is the first beyond');
  }
  checkTopologies(read, sink);
  checkKeptScopes(generation, read, sink);
  checkHook(generation, sink);
}

/** One binding or endpoint by itself. */
function checkUse(use: VipUse, { vips }: DuravipUses, sink: DiagnosticSink): void {
  const { scope, enabled, follow } = use;
  const follows = scope.options.get('duravip_follow');
  if (use.kind === 'binding' && follows !== undefined) {
    const message = `${titleOf(use)} cannot follow: only listeners follow, and only bindings are followed`;
    sink.add('CONF_DURAVIP_FOLLOW', follows.at, message, 'write Duravip_Follow in a Listen');
  } else if (enabled !== undefined && follow !== undefined) {
    const message = `${titleOf(use)} has both Enable_Duravip and Duravip_Follow`;
    const hint = 'Enable_Duravip gives it an address of its own, Duravip_Follow moves it with a binding';
    sink.add('CONF_DURAVIP_FOLLOW', follow.option.at, message, hint);
  }
  if (isManaged(use)) checkAddress(use, sink);
  const preferred = scope.options.get('duravip_preference');
  if (preferred === undefined || textOf(preferred) === '') return;
  if (use.preference === undefined) {
    const message = `Duravip_Preference '${shown(textOf(preferred))}' is not the name of a node`;
    sink.add('CONF_BAD_VALUE', preferred.value.at, message);
  } else if (use.address === undefined || !vips.has(use.address)) {
    const message = `${titleOf(use)} is not under DuraVIP, so its preference means nothing`;
    sink.add('CONF_DURAVIP_PREFERENCE', preferred.at, message, 'write Enable_Duravip = true');
  }
}

function checkAddress(use: VipUse, sink: DiagnosticSink): void {
  const { address, addressText } = use;
  const at = placeOf(use);
  if (address !== undefined) {
    const problem = unusable(address);
    if (problem === undefined) return;
    sink.add('CONF_DURAVIP_ADDRESS', at, `${titleOf(use)} has the address ${address}, which is ${problem}`);
  } else if (use.kind === 'binding') {
    if (addressText === undefined) {
      const message = `${titleOf(use)} has no Bind_Address, so there is nothing that DuraVIP could manage`;
      sink.add('CONF_DURAVIP_NO_ADDRESS', at, message, 'write Bind_Address = "address"');
    } else {
      const message = `${titleOf(use)}: Bind_Address '${shown(addressText)}' is not an IP address`;
      sink.add('CONF_DURAVIP_ADDRESS', at, message);
    }
  } else if (use.endpoint === undefined) {
    const parsed = parseListen(addressText ?? '');
    if (!parsed.ok) sink.add('CONF_DURAVIP_ADDRESS', at, `${titleOf(use)}: ${parsed.error}`);
  } else {
    const message = `${titleOf(use)} names no IP address, so there is nothing that DuraVIP could manage`;
    const hint = 'write Listen "address:port"; what listens on every address needs no DuraVIP';
    sink.add('CONF_DURAVIP_NO_ADDRESS', at, message, hint);
  }
}

function unusable(address: IpAddress): string | undefined {
  const [first = 0, second = 0] = bytesOf(address);
  if (!isIpv6(address)) {
    if (first === 0) return 'no address of a host';
    return first >= 224 ? 'a multicast or reserved address' : undefined;
  }
  if (address === '::') return 'no address of a host';
  if (first === 0xff) return 'a multicast address';
  return first === 0xfe && (second & 0xc0) === 0x80 ? 'a link-local address' : undefined;
}

/** An address with everything on it: where it belongs. */
function checkPlace(
  { address, first, topology }: VipUses,
  own: ReadonlyMap<string, string>,
  loopback: boolean,
  sink: DiagnosticSink,
): void {
  const at = placeOf(first);
  if (topology === undefined) {
    const network = networkOf(address, isIpv6(address) ? 64 : 24);
    const message = `${address} is outside every Topology, so no node will have it`;
    const block = `${network?.address ?? address}/${network?.bits ?? 32}`;
    const hint = `write Topology "${block}" { interface = "eth0" } in cluster, with the interface of that network`;
    sink.add('CONF_DURAVIP_TOPOLOGY', at, message, hint);
  }
  const mine = own.get(address);
  if (mine !== undefined) {
    const message = `${address} is ${mine}, so this node will not have it`;
    const hint = 'give DuraVIP an address that belongs to no host';
    sink.add('CONF_DURAVIP_OWN_ADDRESS', at, message, hint);
  }
  if (isLoopback(address) && !loopback) {
    const message = `${address} is a loopback address, which no other machine can reach`;
    const hint = 'duravip_host = "loopback" is for demonstrations and tests';
    sink.add('CONF_DURAVIP_LOOPBACK', at, message, hint);
  } else if (loopback && !address.startsWith('127.')) {
    const message = `duravip_host is loopback, which has 127.0.0.0/8 only: no node will have ${address}`;
    sink.add('CONF_DURAVIP_LOOPBACK', at, message);
  }
}

function ownPlaces(generation: Generation): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  const node = parseIp(generation.getString(['cluster'], 'nodeaddr') ?? '');
  if (node.ok) own.set(node.value, 'the nodeaddr of this node');
  for (const listener of OWN_LISTENERS) {
    for (const instance of generation.instances([listener], 'Listen')) {
      const endpoint = parseListen(instance);
      const host = endpoint.ok && endpoint.value.kind === 'tcp' ? parseIp(endpoint.value.host) : undefined;
      if (host?.ok === true && !own.has(host.value)) own.set(host.value, `the address of ${listener}`);
    }
  }
  return own;
}

function checkFollow({ address, bindings, listens, followProblem }: VipUses, sink: DiagnosticSink): void {
  const [first, ...others] = listens.filter(({ follow }) => follow !== undefined);
  if (first?.follow === undefined) return;
  const at = first.follow.option.at;
  // Bindings follow nobody, not even by the way.
  const other = bindings[0] ?? listens.find((use) => use.enabled !== undefined && use !== first);
  if (followProblem !== undefined) {
    const hint = 'a listener follows a binding under DuraVIP that has another address';
    sink.add('CONF_DURAVIP_FOLLOW', at, `${titleOf(first)} cannot follow: ${followProblem}`, hint);
  } else if (other !== undefined) {
    const message = `${titleOf(first)} follows, but ${titleOf(other)} keeps ${address} where it is`;
    const hint = 'an address follows, or is that of a binding, or is under DuraVIP by itself';
    sink.add('CONF_DURAVIP_FOLLOW', at, message, hint);
  }
  for (const one of others) {
    if (one.follow === undefined || one.follow.target === first.follow.target) continue;
    const message = `${titleOf(one)} follows '${shown(one.follow.target)}', but ${titleOf(first)} at the same address follows '${shown(first.follow.target)}'`;
    sink.add('CONF_DURAVIP_FOLLOW', one.follow.option.at, message, 'an address moves with one binding');
  }
  const preferred = [...bindings, ...listens].find((use) => use.preference !== undefined);
  if (preferred?.preference === undefined) return;
  const message = `${titleOf(preferred)} prefers a node, but ${address} follows: the preference means nothing`;
  const hint = 'write the preference in the binding that is followed';
  sink.add('CONF_DURAVIP_PREFERENCE', preferred.preference.option.at, message, hint);
}

/** A35: one address is in one place. */
function checkPreferences(vip: VipUses, sink: DiagnosticSink): void {
  const chosen = preferenceOf(vip);
  if (chosen === undefined || vip.follows !== undefined) return;
  for (const use of [...vip.bindings, ...vip.listens]) {
    const other = use.preference;
    if (other === undefined || other.node === chosen.node) continue;
    const { file, line } = chosen.option.at;
    const message = `${titleOf(use)} prefers '${shown(other.node)}', but ${vip.address} prefers '${shown(chosen.node)}' by line ${line} of ${file}`;
    sink.add('CONF_DURAVIP_PREFERENCE', other.option.at, message, 'an address prefers one node');
  }
}

/** Nodes are called as their servers are on the bus (VIP-19). Each wrong name is told once. */
function checkPreferredNodes({ uses }: DuravipUses, generation: Generation, sink: DiagnosticSink): void {
  const peers = [...(generation.getDictionary(['msgc_server'], 'peers')?.keys() ?? [])];
  const known = new Set(peers.map((name) => name.toLowerCase()));
  if (known.size === 0) return;
  for (const { preference } of uses) {
    if (preference === undefined || known.has(preference.node)) continue;
    known.add(preference.node);
    const short = preference.node.split('.')[0] ?? '';
    const close = peers.includes(short) ? short : nearest(preference.node, peers);
    const message = `Duravip_Preference '${shown(preference.node)}' is none of the peers of msgc_server`;
    const hint = close === undefined ? 'a node is called as in the peers' : `did you mean '${close}'?`;
    sink.add('CONF_DURAVIP_PREFERENCE', preference.option.at, message, hint);
  }
}

/** A name is where a binding is: moves and Duravip_Follow name bindings. */
function checkBindingNames({ uses, vips }: DuravipUses, sink: DiagnosticSink): void {
  const seen = new Map<string, VipUse>();
  for (const use of uses) {
    if (use.kind !== 'binding' || use.address === undefined || !vips.has(use.address)) continue;
    if (use.name.length > BINDING_NAME_MAX || /[\s\p{C}:]/u.test(use.name)) {
      const message = `${titleOf(use)} is under DuraVIP, and its name is not one word`;
      const hint = `at most ${BINDING_NAME_MAX} characters without blanks, colons and what cannot be seen`;
      sink.add('CONF_BAD_INSTANCE', use.scope.at, message, hint);
    }
    const before = seen.get(use.name);
    if (before === undefined) seen.set(use.name, use);
    else if (before.address !== use.address) {
      const { file, line } = before.scope.at;
      const message = `${titleOf(use)} is at ${use.address}, and by line ${line} of ${file} at ${before.address}`;
      sink.add('CONF_DURAVIP_NAME', use.scope.at, message, 'give each binding a name of its own');
    }
  }
}

/** Found by nobody's search path: it runs with the rights of the node. */
function checkHook(generation: Generation, sink: DiagnosticSink): void {
  const hook = generation.scope(['cluster'])?.options.get('duravip_hook');
  const [program] = generation.getStrings(['cluster'], 'duravip_hook');
  if (hook === undefined || program === undefined || program === '' || program.startsWith('/')) return;
  const message = `duravip_hook: '${shown(program)}' is not an absolute path`;
  sink.add('CONF_BAD_VALUE', hook.value.at, message, 'write ( "/path/of/program" "argument" )');
}

function titleOf(use: VipUse): string {
  const name = shown(use.scope.instance ?? '');
  return use.kind === 'binding' ? `the binding '${name}'` : `Listen '${name}' of ${use.listener}`;
}

/** Where the address is written. */
function placeOf({ kind, scope }: { readonly kind: VipUse['kind']; readonly scope: ScopeNode }): Position {
  const written = kind === 'binding' ? scope.options.get('bind_address') : undefined;
  return written?.value.at ?? scope.at;
}

function textOf(option: OptionNode): string {
  return option.value.kind === 'scalar' ? option.value.text.trim() : '';
}
