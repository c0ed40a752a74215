/** One process of the bus benchmark, told over IPC what it is and what to send; it measures what it sees itself. */

import { assert } from '../../../server/base/assert.ts';
import { bareClient, bareServer } from './bare.ts';
import { busClient, busServer } from './bus-ends.ts';
import { Meter, sharedNowMs } from './meter.ts';
import type { ChildNews, ChildOrder } from './orders.ts';
import { startProfile } from './profiler.ts';
import { type BenchClient, flood, pace } from './sending.ts';

/** How often a client looks whether all has arrived. */
const LOOK_MS = 5;

/** A parent that has let go hears nothing more. */
const tell = (news: ChildNews): void => void process.send?.(news, undefined, undefined, () => undefined);

function awaitReceived(meter: Meter, messages: number): void {
  const timer = setInterval(() => {
    if (meter.received < messages) return;
    clearInterval(timer);
    tell({ news: 'received' });
  }, LOOK_MS);
}

/** Runs until the parent lets go. */
export function runBusChild(): void {
  const meter = new Meter();
  const ready = (members: number): void => tell({ news: 'ready', members, atMs: sharedNowMs() });
  const problem = (text: string): void => tell({ news: 'problem', text });
  const sent = (messages: number): void => tell({ news: 'sent', messages });
  let client: BenchClient | undefined;
  let leave = (): void => undefined;
  let endProfile: ((file: string) => Promise<void>) | undefined;
  process.on('message', (order: ChildOrder) => {
    switch (order.do) {
      case 'serve':
        if (order.wiring === 'bus') leave = busServer(order, ready);
        else bareServer(order, ready);
        break;
      case 'leave':
        leave();
        break;
      case 'connect':
        client = (order.wiring === 'bus' ? busClient : bareClient)(order, { meter, ready, problem });
        break;
      case 'send':
        assert(client !== undefined, 'a client is connected before it sends');
        if (order.perSecond === undefined) flood(client, meter, order, sent);
        else pace(client, order, order.perSecond, sent);
        break;
      case 'await':
        awaitReceived(meter, order.messages);
        break;
      case 'reset':
        meter.reset();
        tell({ news: 'reset' });
        break;
      case 'profile':
        void startProfile().then((end) => {
          endProfile = end;
          tell({ news: 'profiling' });
        });
        break;
      case 'profileEnd':
        void endProfile?.(order.file).then(() => tell({ news: 'profiled' }));
        break;
      case 'report':
        tell({ news: 'report', report: meter.report() });
        break;
    }
  });
  process.on('disconnect', () => process.exit(0));
}
