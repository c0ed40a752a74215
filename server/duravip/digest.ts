/** A hash of the table that costs only what changed: the sum of the hashes of its addresses and nodes. */

import type { IpAddress } from '../model/ip.ts';
import type { VipOffer } from './api.ts';
import type { NodeState, Ownership, VipState } from './ownership.ts';

/** Two independent 32 bit halves. */
type Halves = readonly [number, number];

const ZERO: Halves = [0, 0];

export class Digest {
  readonly #vips = new Map<IpAddress, Halves>();
  #sum: Halves = ZERO;
  readonly #offers = new WeakMap<NodeState['offers'], Halves>();
  readonly #offer = new WeakMap<VipOffer, Halves>();

  /** Forgets everything: the next `update` must name all addresses. */
  clear(): void {
    this.#vips.clear();
    this.#sum = ZERO;
  }

  update(state: Ownership, changed: Iterable<IpAddress>): void {
    for (const address of changed) {
      const vip = state.vips.get(address);
      const before = this.#vips.get(address) ?? ZERO;
      const after = vip === undefined ? ZERO : hashText(vipText(vip));
      this.#sum = plus(minus(this.#sum, before), after);
      if (vip === undefined) this.#vips.delete(address);
      else this.#vips.set(address, after);
    }
  }

  /** 16 hexadecimal digits. */
  of(state: Ownership): string {
    let sum = this.#sum;
    for (const name of state.members) {
      const node = state.nodes.get(name);
      if (node === undefined) continue;
      sum = plus(sum, plus(hashText(nodeText(node)), this.#hashOffers(node.offers)));
    }
    for (const [name, drain] of state.drains) sum = plus(sum, hashText(`${name} ${drain.on} ${drain.at}`));
    sum = plus(sum, hashText(`clock ${state.clock} ${state.members.join(' ')}`));
    return hex(sum[0]) + hex(sum[1]);
  }

  #hashOffers(offers: NodeState['offers']): Halves {
    const known = this.#offers.get(offers);
    if (known !== undefined) return known;
    let sum = ZERO;
    for (const offer of offers.values()) sum = plus(sum, this.#hashOffer(offer));
    this.#offers.set(offers, sum);
    return sum;
  }

  #hashOffer(offer: VipOffer): Halves {
    const known = this.#offer.get(offer);
    if (known !== undefined) return known;
    const { address, names, services, preference, follows, refused } = offer;
    const halves = hashText(JSON.stringify([address, names, services, preference, follows, refused]));
    this.#offer.set(offer, halves);
    return halves;
  }
}

function vipText(vip: VipState): string {
  const pin = vip.pin === undefined ? '' : `${vip.pin.to ?? ''}@${vip.pin.at}`;
  const head = `${vip.address} ${vip.owner ?? ''} ${vip.next ?? ''} ${vip.moving} ${vip.since} ${vip.version}`;
  const tail = `${vip.cause ?? ''} ${vip.nextCause ?? ''} ${vip.state} ${pin}`;
  if (vip.failed.size === 0 && vip.shed.size === 0) return `${head} ${tail}`;
  const failed = [...vip.failed].map(([name, text]) => `${name} ${text}`);
  return `${head} ${tail} ${failed.sort().join(' ')} ${[...vip.shed].sort().join(' ')}`;
}

function nodeText(node: NodeState): string {
  return `${node.name} ${node.node} ${node.mature} ${node.leaving} ${node.suspect} ${node.setSize} ${node.dropsAlone}`;
}

/** Short and the same everywhere, for versions of an entry. */
export function shortHash(text: string): string {
  return hex(hashText(text)[0]);
}

/** Not cryptographic: it tells replicas apart that a fault made different. */
function hashText(text: string): Halves {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return [mix(a), mix(b)];
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function plus(a: Halves, b: Halves): Halves {
  return [(a[0] + b[0]) >>> 0, (a[1] + b[1]) >>> 0];
}

function minus(a: Halves, b: Halves): Halves {
  return [(a[0] - b[0]) >>> 0, (a[1] - b[1]) >>> 0];
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
