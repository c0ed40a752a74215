/** Which nodes were asked what and have not answered yet, so that a departure can be told to whoever waits. */

import type { PrivateName } from '../model/names.ts';
import type { AskedNode } from './observer-api.ts';

/** Requests remembered; the oldest go first. */
export const REQUESTS_MAX = 1_000;

export class AskedNodes {
  readonly #requests = new Map<string, Map<PrivateName, string>>();
  /** Names of nodes by request, also of those that answered: a late reply keeps the name under which it was asked. */
  ask(request: string, asked: readonly (AskedNode & { readonly privateName: PrivateName })[]): void {
    this.#requests.set(request, new Map(asked.map(({ privateName, node }) => [privateName, node])));
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > REQUESTS_MAX && oldest !== undefined) this.#requests.delete(oldest);
  }

  /** The name under which this member was asked, once; undefined if it was not asked or has answered. */
  answered(request: string, from: PrivateName): string | undefined {
    const asked = this.#requests.get(request);
    const node = asked?.get(from);
    if (asked === undefined || node === undefined) return undefined;
    asked.delete(from);
    if (asked.size === 0) this.#requests.delete(request);
    return node;
  }

  /** Requests that still wait for this member. It stays asked: a reply may come late (R1). */
  waitingFor(name: PrivateName): readonly { readonly request: string; readonly node: string }[] {
    const waiting: { readonly request: string; readonly node: string }[] = [];
    for (const [request, asked] of this.#requests) {
      const node = asked.get(name);
      if (node !== undefined) waiting.push({ request, node });
    }
    return waiting;
  }

  forget(request: string): void {
    this.#requests.delete(request);
  }
}
