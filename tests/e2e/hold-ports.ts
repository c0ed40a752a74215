/**
 * Holds the ports that a demo cluster prefers while the browser tests run. Clusters of two workers would otherwise find
 * the same ones free at the same moment; so each gets ports that the system chooses.
 */

import { createServer, type Server } from 'node:net';

const PREFERRED = [
  { host: '127.0.0.1', port: 4_880 },
  { host: '127.0.0.10', port: 4_809 },
  { host: '127.0.0.11', port: 4_802 },
  { host: '127.0.5.1', port: 2_525 },
] as const;

/** What somebody else has is held as well. */
function hold(place: (typeof PREFERRED)[number]): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(server));
    server.listen(place, () => resolve(server));
  });
}

// biome-ignore lint/style/noDefaultExport: Playwright calls the default export
export default async function holdPorts(): Promise<() => void> {
  const held = await Promise.all(PREFERRED.map(hold));
  return () => {
    for (const server of held) server.close();
  };
}
