/** One node of a run under chance, what all nodes count together, and what must hold after every step. */

import type { Envelope } from '../../server/mail/api.ts';
import type { MailCore } from '../../server/mail/mail-core.ts';

/** Counts of all nodes together, exact, each share gone with its node. */
export class SharedCounts {
  readonly shares = new Map<string, number>();

  add(node: string, object: string, key: string, change: number): void {
    const name = `${node}\n${object}\n${key}`;
    const value = (this.shares.get(name) ?? 0) + change;
    if (value < 0) throw new Error(`the share ${name} falls below 0`);
    if (value === 0) this.shares.delete(name);
    else this.shares.set(name, value);
  }

  sum(object: string, key: string): number {
    let sum = 0;
    for (const [name, value] of this.shares) if (name.endsWith(`\n${object}\n${key}`)) sum += value;
    return sum;
  }

  forget(node: string): void {
    for (const name of this.shares.keys()) if (name.startsWith(`${node}\n`)) this.shares.delete(name);
  }
}

export class ChanceNode {
  readonly name: string;
  readonly spool = new Map<string, Envelope>();
  readonly open = new Map<number, { readonly domain: string | undefined; readonly to: string | undefined }>();
  core: MailCore;
  /** Whatever is under way in an earlier life is nobody's. */
  life = 0;

  constructor(name: string, core: MailCore) {
    this.name = name;
    this.core = core;
  }
}

export type ChanceRecord = {
  readonly nodes: readonly ChanceNode[];
  readonly accepted: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly served: ReadonlyMap<string, number>;
  readonly lost: ReadonlyMap<string, number>;
};

/** @throws Error for a recipient who was accepted and is nowhere, or who was served twice without a lost answer. */
export function checkRecipients({ nodes, accepted, failed, served, lost }: ChanceRecord): void {
  const queued = new Set<string>();
  for (const { spool } of nodes) {
    for (const { recipients } of spool.values()) for (const { address } of recipients) queued.add(address);
  }
  for (const recipient of accepted) {
    if (served.has(recipient) || failed.has(recipient) || queued.has(recipient)) continue;
    throw new Error(`${recipient} was accepted and is lost`);
  }
  for (const [recipient, times] of served) {
    if (times > 1 + (lost.get(recipient) ?? 0)) throw new Error(`${recipient} came twice without reason`);
  }
}

/** @param most connections of the cluster; of one binding of a node, of which there are two. @throws Error */
export function checkLimits(
  nodes: readonly ChanceNode[],
  domain: string,
  most: { readonly cluster: number; readonly node: number },
): void {
  const perNode = nodes.map(
    ({ open }) => [...open.values()].filter((connection) => connection.domain === domain).length,
  );
  const all = perNode.reduce((sum, one) => sum + one, 0);
  if (all > most.cluster) throw new Error(`${all} connections to ${domain} in the cluster`);
  if (perNode.some((one) => one > 2 * most.node)) throw new Error(`${perNode} connections to ${domain}`);
}
