/**
 * The scopes in which an option is looked for, most specific first (momentum.md 8.3). Two orders differ from plainly
 * going outwards: delivery scopes (binding group, binding, domain) and listeners, where a Peer of the listener stands
 * between a Listen and its listener.
 */

import { parseCidr } from './addresses.ts';
import { nameKey } from './ast.ts';
import { type ScopeStep, scopeAt } from './scope-path.ts';
import { type ScopeNode, scopesNamed } from './scope-tree.ts';

type Steps = readonly ScopeStep[];

/** Ends with the global scope, the empty path. A place without configuration is listed too. */
export function fallbackChain(root: ScopeNode, steps: Steps): readonly Steps[] {
  return deliveryChain(steps) ?? listenerChain(root, steps) ?? outwards(steps);
}

function outwards(steps: Steps): readonly Steps[] {
  return Array.from({ length: steps.length + 1 }, (_, i) => steps.slice(0, steps.length - i));
}

/** group::binding::domain, binding::domain, group::domain, binding, group, domain, global. */
function deliveryChain(steps: Steps): readonly Steps[] | undefined {
  const of = (name: string): ScopeStep | undefined => steps.find((step) => nameKey(step.name) === name);
  const group = of('binding_group');
  const binding = of('binding');
  const domain = of('domain') ?? of('host');
  const known = [group, binding, domain].filter((step) => step !== undefined);
  if (known.length !== steps.length || binding === undefined || domain === undefined) return undefined;
  const chain: Steps[] = group === undefined ? [] : [[group, binding, domain]];
  chain.push([binding, domain]);
  if (group !== undefined) chain.push([group, domain], [group, binding]);
  chain.push([binding]);
  if (group !== undefined) chain.push([group]);
  chain.push([domain], []);
  return chain;
}

/** Peer in Listen, Listen, the listener's Peer with the longest network around the peer, listener, global. */
function listenerChain(root: ScopeNode, steps: Steps): readonly Steps[] | undefined {
  const [listener, listen, peer] = steps;
  if (listener === undefined || listen === undefined || peer === undefined || steps.length !== 3)
    return undefined;
  if (nameKey(listen.name) !== 'listen' || nameKey(peer.name) !== 'peer') return undefined;
  const outer = scopeAt(root, [listener]);
  const around = outer === undefined ? undefined : narrowest(outer, peer.instance ?? '');
  const between: Steps[] = around === undefined ? [] : [[listener, { name: peer.name, instance: around }]];
  return [steps, [listener, listen], ...between, [listener], []];
}

function narrowest(listener: ScopeNode, network: string): string | undefined {
  let best: { readonly instance: string; readonly bits: number } | undefined;
  for (const { instance } of scopesNamed(listener, 'Peer')) {
    const bits = instance === undefined ? undefined : bitsAround(instance, network);
    if (instance !== undefined && bits !== undefined && bits > (best?.bits ?? -1)) best = { instance, bits };
  }
  return best?.instance;
}

/** Bits of the network `outer` if it contains `inner`; undefined if not, or where either is no network. */
export function bitsAround(outer: string, inner: string): number | undefined {
  const wide = parseCidr(outer);
  const narrow = parseCidr(inner);
  if (!wide.ok || !narrow.ok || wide.value.bits > narrow.value.bits) return undefined;
  const a = addressBits(wide.value.address);
  const b = addressBits(narrow.value.address);
  const same = a.length === b.length && a.slice(0, wide.value.bits) === b.slice(0, wide.value.bits);
  return same ? wide.value.bits : undefined;
}

function addressBits(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((part) => binary(Number(part), 8))
      .join('');
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const gap = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => 0);
  return [...left, ...gap, ...right].map((group) => binary(group, 16)).join('');
}

/** Groups of 16 bits; an embedded IPv4 address makes two. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}
