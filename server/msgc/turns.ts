/**
 * Whose requests a server takes next: `messages_per_iter` messages of each waiting client in turn. A packet that is
 * longer is taken whole and paid for in the turns that follow, so that nobody gains by sending large ones (BUS-52).
 */

import type { ClientRequest } from './client-frames.ts';

export type Waiting = {
  /** Requests that were received but not taken. */
  waiting: ClientRequest[];
  /** Messages that may still be taken; below zero after a packet that was longer. */
  credit: number;
};

export type TurnsHost<Client> = {
  readonly messagesPerIter: number;
  /** The bus takes requests now; asked before each. */
  readonly accepting: () => boolean;
  readonly take: (client: Client, request: ClientRequest) => void;
  /** Nothing of the client waits any more. */
  readonly emptied: (client: Client) => void;
};

export class Turns<Client extends Waiting> {
  #turn = 0;

  /** @param clients whose requests wait; each call begins with the next one. */
  takeFrom(clients: readonly Client[], host: TurnsHost<Client>): void {
    this.#turn += 1;
    let busy = clients.length;
    for (let index = this.#turn % Math.max(1, busy); busy > 0 && host.accepting(); index += 1) {
      const client = clients[index % clients.length];
      if (client === undefined) return;
      if (client.waiting.length === 0) continue;
      takeTurn(client, host);
      if (client.waiting.length > 0) continue;
      client.credit = 0;
      busy -= 1;
      host.emptied(client);
    }
  }
}

function takeTurn<Client extends Waiting>(client: Client, host: TurnsHost<Client>): void {
  client.credit = Math.min(client.credit + host.messagesPerIter, host.messagesPerIter);
  let done = 0;
  for (const request of client.waiting) {
    if (client.credit <= 0 || !host.accepting()) break;
    done += 1;
    client.credit -= request.type === 'multicast' ? request.count : 1;
    host.take(client, request);
  }
  client.waiting.splice(0, done);
}
