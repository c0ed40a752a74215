/**
 * Forwarding proxies as a process, so that they can stand in a network namespace: one for each way that is given as its
 * argument, all told at once what to do, one JSON line each on standard input.
 */

import { createInterface } from 'node:readline';
import { FaultProxy } from '../support/fault-proxy.ts';

export type ProxyWay = { readonly port: number; readonly host: string; readonly toPort: number };

export type ProxyOrder =
  | { readonly do: 'delay'; readonly direction: 'toTarget' | 'toClient'; readonly ms: number }
  | { readonly do: 'slow'; readonly direction: 'toTarget' | 'toClient'; readonly bytesPerSecond: number }
  | { readonly do: 'cutAfter'; readonly direction: 'toTarget' | 'toClient'; readonly bytes: number }
  | { readonly do: 'freeze' }
  | { readonly do: 'resume' };

const ways: readonly ProxyWay[] = JSON.parse(process.argv[2] ?? '[]');
const proxies = await Promise.all(
  ways.map(async ({ port, host, toPort }) => {
    const proxy = await FaultProxy.start('0.0.0.0', port);
    proxy.forwardTo(host, toPort);
    return proxy;
  }),
);
process.stdout.write('ready\n');

function obey(order: ProxyOrder, proxy: FaultProxy): void {
  switch (order.do) {
    case 'delay':
      proxy.delay(order.direction, order.ms);
      return;
    case 'slow':
      proxy.slow(order.direction, order.bytesPerSecond);
      return;
    case 'cutAfter':
      proxy.cutAfter(order.direction, order.bytes);
      return;
    case 'freeze':
      proxy.freeze();
      return;
    case 'resume':
      proxy.resume();
      return;
  }
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  for (const proxy of proxies) obey(JSON.parse(line), proxy);
});
orders.on('close', () => process.exit(0));
