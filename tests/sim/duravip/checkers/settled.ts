/**
 * What must hold where nothing was done to the cluster for a while, judged from what the nodes were given and from what
 * is up on their machines, not from what their tables say. D1: exactly one has each address that somebody may have. D3:
 * all know the same. D8: nothing is left to balance. D10: pins hold. D12: flags. D15: every reload is known to all.
 */

import { must } from '../../../../server/base/assert.ts';
import type { VipEntry, VipOffer } from '../../../../server/duravip/api.ts';
import { compareIps, type IpAddress } from '../../../../server/model/ip.ts';
import type { NodeName } from '../../../../server/model/names.ts';
import type { Trace } from '../watcher.ts';
import type { VipWorld } from '../world.ts';

/** Members of one view, and one table for them. */
export type Component = { readonly traces: readonly Trace[] };

/** An invariant and where it does not hold. */
export type Problem = readonly [string, string];

type Found = (invariant: string, what: string) => void;

/** Running members by their view, in order of node numbers. */
export function componentsOf({ watcher, daemons }: VipWorld): readonly Component[] {
  const byView = new Map<string, Trace[]>();
  for (const daemon of daemons) {
    const trace = daemon.process.paused ? undefined : watcher.traceOf(daemon);
    const viewId = trace?.snapshot.viewId;
    if (trace === undefined || viewId === undefined) continue;
    const list = byView.get(viewId);
    if (list === undefined) byView.set(viewId, [trace]);
    else list.push(trace);
  }
  return [...byView.values()].map((traces) => ({ traces }));
}

/** @returns what does not hold in this part of the cluster now. */
export function checkComponent(world: VipWorld, { traces }: Component): readonly Problem[] {
  const all: Problem[] = [];
  const found: Found = (invariant, what) => all.push([invariant, what]);
  const [first] = traces;
  if (first === undefined) return all;
  const unsynced = traces.find(({ snapshot }) => !snapshot.synced);
  if (unsynced !== undefined) {
    found('D1', `${unsynced.node} does not know the table`);
    return all;
  }
  for (const { node, snapshot } of traces) {
    if (snapshot.epoch !== first.snapshot.epoch || snapshot.hash !== first.snapshot.hash)
      found(
        'D3',
        `${first.node} and ${node} know different tables: ${first.snapshot.epoch}, ${snapshot.epoch}`,
      );
  }
  const { nodes, rows } = first.snapshot;
  const known = [...nodes.keys()].sort().join();
  const there = traces
    .map(({ node }) => node)
    .sort()
    .join();
  if (known !== there) found('D3', `${first.node} knows ${known} in the view of ${there}`);
  if (![...nodes.values()].every(({ mature }) => mature)) found('D1', `not all of ${there} are mature`);
  const offered = new Map<IpAddress, { readonly trace: Trace; readonly offer: VipOffer }[]>();
  for (const trace of traces) {
    for (const offer of trace.offers) {
      offered.set(offer.address, [...(offered.get(offer.address) ?? []), { trace, offer }]);
    }
  }
  for (const address of [...new Set([...offered.keys(), ...rows.keys()])].sort(compareIps)) {
    const entry = rows.get(address);
    const offers = offered.get(address) ?? [];
    if (entry === undefined) found('D15', `${address} is configured and not in the table`);
    else checkAddress(world, { traces, entry, offers }, found);
  }
  if (all.length === 0) checkBalance(first, found);
  return all;
}

type Case = {
  readonly traces: readonly Trace[];
  readonly entry: VipEntry;
  readonly offers: readonly { readonly trace: Trace; readonly offer: VipOffer }[];
};

function checkAddress(world: VipWorld, one: Case, found: Found): void {
  const { traces, entry } = one;
  const { address, phase, owner } = entry;
  checkFlags(one, found);
  // Where a node may not have it, one that somebody added may be the host's own: DuraVIP leaves it alone (VIP-33).
  const mayHave = new Set(
    one.offers.filter(({ offer }) => offer.refused === undefined).map(({ trace }) => trace.node),
  );
  const up = traces
    .filter(({ number }) => world.machineOf(number).isUp(address))
    .filter(({ node }) => mayHave.has(node) || !world.watcher.touched.has(address))
    .map(({ node }) => node);
  if (phase === 'broken') {
    if (up.length > 0) found('D12', `${address} is broken, and up at ${up.join()}`);
    return;
  }
  if (phase === 'moving') found('D1', `${address} is still on its way from ${owner} to ${entry.next}`);
  const eligible = candidatesFor(entry, traces[0]?.snapshot.rows ?? new Map());
  if (owner === undefined) {
    if (eligible.length > 0) found('D1', `nobody owns ${address}, which ${eligible.join()} could have`);
    if (up.length > 0) found('D1', `nobody owns ${address}, and it is up at ${up.join()}`);
    return;
  }
  if (up.join() !== owner) found('D1', `${owner} owns ${address}, and it is up at '${up.join()}'`);
  else if (entry.state !== 'up')
    found('D1', `${address} is up at ${owner}, and its table says ${entry.state}`);
  const { nodes, rows } = must(traces[0], 'somebody is there').snapshot;
  const lead = leadOf(entry, rows);
  if (lead !== entry && lead.owner !== owner)
    found('VIP-26', `${address} follows ${lead.address} and is at ${owner}, not at ${lead.owner}`);
  const rested = eligible.filter((node) => nodes.get(node)?.draining !== true);
  if (nodes.get(owner)?.draining === true && rested.length > 0)
    found('D1', `${owner} drains and has ${address}, which ${rested.join()} could have`);
  const { pinned } = entry;
  const whole = lead === entry ? eligibleFor(entry, rows) : eligible;
  if (pinned !== undefined && whole.includes(pinned) && owner !== pinned)
    found('D10', `${address} is pinned to ${pinned} and at ${owner}`);
}

/** Against what each node was given last. */
function checkFlags({ entry, offers }: Case, found: Found): void {
  const { address } = entry;
  const configured = offers
    .map(({ trace }) => trace.node)
    .sort()
    .join();
  const known = entry.participants
    .map(({ node }) => node)
    .sort()
    .join();
  if (configured !== known)
    found('D15', `${address} is configured at '${configured}', the table says '${known}'`);
  const named = offers.map(({ offer }) => offer.names).filter((names) => names.length > 0);
  const broken = new Set(named.map(setText)).size > 1;
  if (broken !== (entry.phase === 'broken'))
    found('D12', `${address} is ${entry.phase}, its names are ${named.join(' | ')}`);
  const unsafe = new Set(offers.map(({ offer }) => setText(offer.services))).size > 1;
  if (unsafe !== entry.flags.unsafe) found('D12', `UNSAFE of ${address} is ${entry.flags.unsafe}`);
  const preferences = new Set(offers.flatMap(({ offer }) => offer.preference ?? []));
  if (preferences.size > 1 !== entry.flags.conflict)
    found('D12', `conflict of ${address} is ${entry.flags.conflict}`);
  const [preference] = preferences.size === 1 ? preferences : [];
  if (entry.preference !== preference) found('D12', `preference of ${address} is ${entry.preference}`);
  for (const { trace, offer } of offers) {
    const said = entry.participants.find(({ node }) => node === trace.node)?.obstacle;
    if (offer.refused !== undefined && said === undefined)
      found('D5', `${trace.node} cannot have ${address}, and the table does not know`);
  }
}

export type Rows = ReadonlyMap<IpAddress, VipEntry>;

/** Where it is, or is about to be. */
function placeOf({ phase, owner, next }: VipEntry): NodeName | undefined {
  return phase === 'moving' ? next : owner;
}

/** What falls with every round of balance (vip.md 5, D8): addresses that are not where they belong, then unevenness. */
export function potentialOf(rows: Rows): readonly [number, number] {
  const loads = new Map<NodeName, number>();
  let misplaced = 0;
  for (const row of rows.values()) {
    const place = placeOf(row);
    if (leadOf(row, rows) !== row || place === undefined) continue;
    loads.set(place, (loads.get(place) ?? 0) + 1);
    const home = homeOf(row, rows);
    if (home !== undefined && home !== place) misplaced += 1;
  }
  return [misplaced, [...loads.values()].reduce((sum, load) => sum + load * load, 0)];
}

/** Where it is pinned, else preferred, if that node may have it. */
export function homeOf(row: VipEntry, rows: Rows): NodeName | undefined {
  const { pinned, preference } = row;
  if (pinned === undefined && preference === undefined) return undefined;
  const eligible = eligibleFor(row, rows);
  if (pinned !== undefined && eligible.includes(pinned)) return pinned;
  return preference !== undefined && eligible.includes(preference) ? preference : undefined;
}

/** D8: an address is where it is preferred, and no other can be moved to where fewer are. */
function checkBalance({ snapshot }: Trace, found: Found): void {
  const rows = [...snapshot.rows.values()];
  const atoms = rows.filter((row) => leadOf(row, snapshot.rows) === row);
  const loads = new Map<NodeName, number>([...snapshot.nodes.keys()].map((node) => [node, 0]));
  for (const { owner } of atoms) if (owner !== undefined) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  for (const atom of atoms) {
    const { address, owner, pinned, preference } = atom;
    if (owner === undefined) continue;
    const eligible = eligibleFor(atom, snapshot.rows);
    if (pinned !== undefined && eligible.includes(pinned)) continue;
    if (preference !== undefined && eligible.includes(preference)) {
      if (owner !== preference) found('D8', `${address} prefers ${preference} and is at ${owner}`);
      continue;
    }
    for (const node of eligible) {
      if ((loads.get(owner) ?? 0) - (loads.get(node) ?? 0) > 1)
        found('D8', `${address} is at ${owner} with ${loads.get(owner)}, ${node} has ${loads.get(node)}`);
    }
  }
}

export function leadOf(row: VipEntry, rows: ReadonlyMap<IpAddress, VipEntry>): VipEntry {
  const lead = row.follows === undefined ? undefined : rows.get(row.follows);
  return lead === undefined || lead.follows !== undefined ? row : lead;
}

/** Those that may have all addresses of an atom, or at least the first. */
function eligibleFor(atom: VipEntry, rows: ReadonlyMap<IpAddress, VipEntry>): readonly NodeName[] {
  const fit = fitFor(atom);
  const followers = [...rows.values()].filter((row) => row !== atom && leadOf(row, rows) === atom);
  const whole = fit.filter((node) =>
    followers.every((row) => row.phase === 'broken' || fitFor(row).includes(node)),
  );
  return whole.length > 0 ? whole : fit;
}

export function fitFor({ participants }: VipEntry): readonly NodeName[] {
  return participants.filter(({ obstacle }) => obstacle === undefined).map(({ node }) => node);
}

/** Those that may have an address now: of one that follows, only the node where the other is, or is about to be. */
export function candidatesFor(row: VipEntry, rows: ReadonlyMap<IpAddress, VipEntry>): readonly NodeName[] {
  const lead = leadOf(row, rows);
  return lead === row ? fitFor(row) : fitFor(row).filter((node) => node === placeOf(lead));
}

function setText(items: readonly string[]): string {
  return [...new Set(items)].sort().join();
}
