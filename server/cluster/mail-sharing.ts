/**
 * What mail counts, in the objects that a configuration has: mail knows types of objects and binding groups, the objects of
 * a type may have other names and belong to one group (REP-17, REP-18).
 */

import type { MailCluster } from '../mail/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { Meter } from '../replication/api.ts';
import type { NodeReplication } from './node-replication.ts';
import { objectsOfType } from './replication-plan.ts';

export class MailSharing implements MailCluster {
  readonly #shared: Pick<NodeReplication, 'objects' | 'data' | 'metrics'>;

  constructor(shared: Pick<NodeReplication, 'objects' | 'data' | 'metrics'>) {
    this.#shared = shared;
  }

  count(type: string, key: string, change: number, nowMs: number, group?: string, claimed?: boolean): void {
    const { objects, data } = this.#shared;
    const first = claimed === true ? this.#nameOf(type) : undefined;
    for (const name of objectsOfType(objects, type, group)) {
      if (name !== first) data.count(name, key, change, nowMs);
    }
  }

  claim(
    keys: readonly { readonly object: string; readonly key: string; readonly limit: number }[],
    nowMs: number,
  ): number {
    return this.#shared.data.claim(
      keys.map((one) => ({ ...one, object: this.#nameOf(one.object) })),
      nowMs,
    );
  }

  release(keys: readonly { readonly object: string; readonly key: string }[], nowMs: number): void {
    this.#shared.data.release(
      keys.map((one) => ({ ...one, object: this.#nameOf(one.object) })),
      nowMs,
    );
  }

  total(type: string, key: string): number | undefined {
    return this.#shared.data.total(this.#nameOf(type), key);
  }

  throttle(
    type: string,
    name: string,
    rate: Parameters<MailCluster['throttle']>[2],
    amount: number,
    nowMs: number,
  ): number {
    return this.#shared.data.throttle(this.#nameOf(type), name, rate, amount, nowMs);
  }

  meter(what: Meter, address: string, nowMs: number): void {
    this.#shared.metrics.meter(what, address as IpAddress, 1, nowMs);
  }

  /** The first object of a type that belongs to no group; a name that nothing has where there is none. */
  #nameOf(type: string): string {
    return objectsOfType(this.#shared.objects, type, undefined)[0] ?? `no ${type}`;
  }
}
