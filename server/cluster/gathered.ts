/** What members tell, cut into parts and put together again: a telling counts when all of its parts are there. */

import type { PrivateName } from '../model/names.ts';

/** Members whose tellings are put together at a time; the oldest is forgotten. */
const GATHERED_MAX = 256;

type Part = { readonly telling: number; readonly part: number; readonly parts: number };

/** Parts of the newest telling of each member. */
export class Gathered<P extends Part> {
  readonly #of = new Map<PrivateName, { readonly telling: number; readonly parts: Map<number, P> }>();

  /** @returns all parts in order, when this one was the last that was missing. */
  add(from: PrivateName, part: P): readonly P[] | undefined {
    let gathered = this.#of.get(from);
    if (gathered?.telling !== part.telling) gathered = { telling: part.telling, parts: new Map() };
    this.#of.delete(from);
    this.#of.set(from, gathered);
    gathered.parts.set(part.part, part);
    const [oldest] = this.#of.keys();
    if (this.#of.size > GATHERED_MAX && oldest !== undefined) this.#of.delete(oldest);
    if (gathered.parts.size < part.parts) return undefined;
    this.#of.delete(from);
    return [...gathered.parts.values()].sort((a, b) => a.part - b.part);
  }
}

/** In parts that fit into messages; at least one, also of nothing. The last one takes what is left. */
export function inParts<T>(
  told: readonly T[],
  { bytesMax, partsMax }: { readonly bytesMax: number; readonly partsMax: number },
): readonly (readonly T[])[] {
  const parts: T[][] = [[]];
  let bytes = 0;
  for (const one of told) {
    const size = Buffer.byteLength(JSON.stringify(one));
    if (bytes > 0 && bytes + size > bytesMax && parts.length < partsMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(one);
    bytes += size;
  }
  return parts;
}
