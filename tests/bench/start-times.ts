/** How long `muster up` takes to its ready line: on a new data folder, and again on the same one. */

import { DemoCluster } from '../support/demo-cluster.ts';

export async function startTimes(): Promise<Readonly<Record<string, number>>> {
  const startedMs = performance.now();
  const demo = await DemoCluster.start({ traffic: true });
  try {
    const firstMs = performance.now() - startedMs;
    await demo.down();
    const againMs = performance.now();
    await demo.up();
    return {
      'first start ms': Math.round(firstMs),
      'second start ms': Math.round(performance.now() - againMs),
    };
  } finally {
    await demo.stop();
  }
}
