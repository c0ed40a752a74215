/** A reception with real sockets and a real spool, and a core that a test scripts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MailSpool, openSpool } from '../../server/adapters/mail-spool.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { type ReceptionLimits, SmtpReception } from '../../server/adapters/smtp-reception.ts';
import { RawClient, rawHost } from './raw-smtp.ts';
import { ScriptedReception } from './scripted-mail.ts';

export type ReceptionWorld = {
  readonly desk: ScriptedReception;
  readonly spool: MailSpool;
  readonly reception: SmtpReception;
  readonly port: number;
  readonly client: () => RawClient;
  readonly close: () => Promise<void>;
};

/** @param node everything that connects is this node, which hands over messages. */
export async function receptionWorld(
  limits: Partial<ReceptionLimits> = {},
  node?: string,
): Promise<ReceptionWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'muster-reception-'));
  const { spool } = await openSpool({
    base: join(directory, 'spool'),
    mode: 0o640,
    onState: () => undefined,
  });
  const desk = new ScriptedReception();
  const reception = new SmtpReception({
    hostname: 'node-1.example',
    desk,
    give: (fact) => desk.facts.push(fact),
    spool: () => spool,
    clock: monotonicClock(),
    limits,
  });
  const host = await rawHost((socket) => reception.accept(socket, node));
  const clients: RawClient[] = [];
  return {
    desk,
    spool,
    reception,
    port: host.port,
    client: () => {
      const client = new RawClient(host.port);
      clients.push(client);
      return client;
    },
    close: async () => {
      for (const { socket } of clients) socket.destroy();
      await reception.close();
      await host.close();
      await spool.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
