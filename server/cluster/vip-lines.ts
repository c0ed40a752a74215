/** What the console of a node shows of the replicated table of DuraVIP: rows as facts for the renderers. Pure. */

import type { VipLines, VipTableEntry } from '../console/duravip-text.ts';
import type { VipEntry, VipTable } from '../duravip/api.ts';

/** For `cluster duravip show`, in numeric order of addresses. */
export function vipLines(table: VipTable, nowMs: number): readonly VipLines[] {
  return table.entries().map((entry) => ({
    address: entry.address,
    names: entry.names,
    states: statesOf(entry, table.synced),
    services: entry.services.join(' '),
    viewStableSeconds: secondsSince(entry.viewSinceMs, nowMs),
    configurationStableSeconds: secondsSince(entry.configSinceMs, nowMs),
    participants: entry.participants.map(({ node, services }) => ({
      node,
      services: services.join(' '),
      owner: node === entry.owner,
    })),
  }));
}

/** For `cluster duravip show tables`. */
export function vipTableEntries(table: VipTable, nowMs: number): readonly VipTableEntry[] {
  return table.entries().map((entry) => ({
    name: entry.names.join('/'),
    address: entry.address,
    state: statesOf(entry, table.synced).join(','),
    lastViewChange: secondsSince(entry.viewSinceMs, nowMs),
    views: entry.participants.map(({ name, node, names, obstacle }) => ({
      privateName: name,
      address: entry.address,
      name: names.join('/'),
      state: node === entry.owner ? entry.phase : (obstacle ?? 'candidate'),
    })),
  }));
}

/** The documented tags (momentum.md 5.5); `moving`, `unowned` and `unsynced` are ours. */
function statesOf({ phase, owner, flags }: VipEntry, synced: boolean): readonly string[] {
  if (phase === 'broken') return ['BROKEN'];
  const states: string[] = [owner === undefined ? 'unowned' : 'owned'];
  if (phase === 'moving') states.push('moving');
  if (!synced) states.push('unsynced');
  states.push(flags.unsafe ? 'UNSAFE' : 'safe');
  if (flags.conflict) states.push('conflict');
  return states;
}

function secondsSince(momentMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - momentMs) / 1_000));
}
