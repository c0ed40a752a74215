/** The shared worker: the hub of this browser, one port for each tab. Every tab of one build finds the same worker. */

import type { HubMessage, TabMessage } from './hub-protocol.ts';
import { HubShell } from './hub-shell.ts';

const ports = new Map<number, MessagePort>();
let tabs = 0;

const hub = new HubShell({
  post: (tab: number, message: HubMessage) => ports.get(tab)?.postMessage(message),
  forget: (tab: number) => {
    ports.get(tab)?.close();
    ports.delete(tab);
  },
});

globalThis.addEventListener('connect', (event) => {
  if (!(event instanceof MessageEvent)) return;
  const [port] = event.ports;
  if (port === undefined) return;
  tabs += 1;
  const tab = tabs;
  ports.set(tab, port);
  port.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => hub.said(tab, data));
  // Where browsers tell that the other side is gone; elsewhere `bye` and the bound on unconfirmed frames do.
  port.addEventListener('close', () => hub.left(tab));
  port.start();
});
