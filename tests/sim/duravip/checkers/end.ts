/** After everything was healed: all nodes run in one view, dashboards know what they know, nothing is up for nobody. */

import { snapshotOf } from '../watcher.ts';
import type { VipWorld } from '../world.ts';
import type { Problem } from './settled.ts';

export function checkEnd(world: VipWorld): readonly Problem[] {
  const found: Problem[] = [];
  const { watcher, nodes, dashboards, daemons } = world;
  for (const { node, daemon } of nodes) if (daemon === undefined) found.push(['L1', `${node} does not run`]);
  const tables = daemons.flatMap((daemon) => watcher.traceOf(daemon)?.snapshot ?? []);
  const [first] = tables;
  const views = new Set(tables.map(({ viewId }) => viewId));
  if (views.size !== 1 || first?.viewId === undefined) found.push(['L1', `views are ${[...views].join()}`]);
  dashboards.forEach((dashboard, which) => {
    const table = dashboard === undefined ? undefined : snapshotOf(dashboard.core.observer.table);
    const known = `${table?.viewId} ${table?.epoch} ${table?.hash}`;
    const wanted = `${first?.viewId} ${first?.epoch} ${first?.hash}`;
    if (table === undefined || !table.synced || known !== wanted)
      found.push(['L2', `dashboard ${which} knows ${known}, the nodes ${wanted}`]);
  });
  for (const { node, machine, daemon, vips } of nodes) {
    const wanted = daemon === undefined ? undefined : watcher.traceOf(daemon)?.wanted;
    // What is not configured here, or refused and added by somebody else, is none of ours.
    const managed = machine.up.filter((address) =>
      vips.some(
        (vip) => vip.address === address && (vip.refused === undefined || !watcher.touched.has(address)),
      ),
    );
    const stray = managed.filter((address) => wanted?.has(address) !== true);
    if (stray.length > 0) found.push(['L3', `${stray.join()} is up at ${node} and wanted by nobody`]);
  }
  return found;
}
