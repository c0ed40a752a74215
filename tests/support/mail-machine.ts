/**
 * What speaks SMTP and keeps the spool of one node, modelled: does what a mail core asks for, milliseconds later.
 * Deliveries end at a sink, moves at another node's machine. The spool outlives the process, connections do not.
 */

import type { Clock } from '../../server/base/ports.ts';
import type {
  ConnectionId,
  Envelope,
  MailCommand,
  MailFact,
  MessageId,
  Reception,
  RecipientResult,
  Transferred,
  Verdict,
} from '../../server/mail/api.ts';
import { NO_CONNECTION } from '../../server/mail/api.ts';
import type { IpAddress } from '../../server/model/ip.ts';
import { ip } from './vip-tables.ts';

const DNS_MS = 1;
const CONNECT_MS = 2;
const HANDED_MS = 3;
const BYTES = 200;

/** Where all mail ends: counts what arrives, from where, and how many are connected at a time. */
export class MailSink {
  readonly arrived: {
    readonly recipient: string;
    readonly from: IpAddress | undefined;
    readonly node: string;
  }[] = [];
  /** Open connections by domain. */
  readonly open = new Map<string, number>();
  /** The most that were open at one moment, by domain. */
  readonly most = new Map<string, number>();
  /** How long one message takes. */
  takesMs = 20;

  connected(domain: string, change: 1 | -1): void {
    const count = (this.open.get(domain) ?? 0) + change;
    this.open.set(domain, count);
    this.most.set(domain, Math.max(this.most.get(domain) ?? 0, count));
  }

  /** Times that each recipient got mail. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { recipient } of this.arrived) counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
    return counts;
  }
}

export type MailMachineParts = {
  readonly node: string;
  readonly clock: Clock;
  readonly give: (fact: MailFact) => void;
  /** Undefined while the node runs no mail. */
  readonly reception: () => Reception | undefined;
  /** By the address of a cluster listener; undefined where nobody listens. */
  readonly peerAt: (listener: string) => MailMachine | undefined;
  readonly sink: MailSink;
  /** Outlives the process. */
  readonly spool: Map<MessageId, Envelope>;
};

type Outgoing = {
  readonly from: IpAddress | undefined;
  /** Of a delivery. */
  readonly domain: string | undefined;
  /** Of a move. */
  readonly peer: MailMachine | undefined;
};

export class MailMachine {
  readonly #parts: MailMachineParts;
  readonly #outgoing = new Map<ConnectionId, Outgoing>();
  #alive = true;

  constructor(parts: MailMachineParts) {
    this.#parts = parts;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The core has been started. */
  start(): void {
    this.#give({ type: 'recovered', envelopes: [...this.#parts.spool.values()] });
  }

  /** The process is gone, and its connections with it. */
  kill(): void {
    this.#alive = false;
    for (const { domain } of this.#outgoing.values()) {
      if (domain !== undefined) this.#parts.sink.connected(domain, -1);
    }
    this.#outgoing.clear();
  }

  perform(command: MailCommand): void {
    const { spool } = this.#parts;
    switch (command.type) {
      case 'resolve': {
        const { domain } = command;
        const hosts = [{ host: `mx.${domain}`, addresses: ['192.0.2.1'] }];
        this.#later(DNS_MS, () => this.#give({ type: 'resolved', domain, answer: { ok: true, hosts } }));
        return;
      }
      case 'connect':
        this.#connect(command);
        return;
      case 'connectNode':
        this.#later(CONNECT_MS, () => this.#connectNode(command));
        return;
      case 'send':
        this.#send(command);
        return;
      case 'disconnect':
        this.#later(1, () => this.#disconnect(command.connection, 'as asked'));
        return;
      case 'update':
        if (spool.has(command.envelope.id)) spool.set(command.envelope.id, command.envelope);
        return;
      case 'remove':
        spool.delete(command.id);
        return;
      case 'bounce': {
        const envelope = { ...command.envelope, bytes: BYTES };
        this.#later(1, () => {
          spool.set(envelope.id, envelope);
          this.#give({ type: 'spooled', connection: NO_CONNECTION, envelope });
        });
        return;
      }
      default:
        command satisfies never;
    }
  }

  /** One message of a client in one connection. @returns what the client hears last. */
  inject(
    client: { readonly address: string; readonly local: string },
    from: string,
    to: readonly string[],
  ): Verdict {
    return this.#receive({ ...client, transferred: undefined, name: 'client.test' }, from, to);
  }

  #receive(
    client: {
      readonly address: string;
      readonly local: string;
      readonly name: string;
      readonly transferred: Transferred | undefined;
    },
    from: string,
    to: readonly string[],
  ): Verdict {
    const reception = this.#parts.reception();
    const nowMs = this.#parts.clock.nowMs();
    if (reception === undefined || !this.#alive) return { code: 0, text: 'nobody listens' };
    const { verdict, connection } = reception.clientConnected(
      {
        address: ip(client.address),
        port: 40_000,
        localAddress: ip(client.local),
        localPort: 25,
        transfer: client.transferred !== undefined,
      },
      nowMs,
    );
    this.#give({ type: 'asked' });
    if (verdict.code !== 220) return verdict;
    reception.greeted(connection, client.name);
    const verdicts = [
      reception.mailFrom(connection, from, undefined, nowMs),
      ...to.map((address) => reception.rcptTo(connection, address, nowMs)),
      reception.dataBegin(connection, nowMs),
    ];
    const refusal = verdicts.find(({ code }) => code >= 400);
    const arrival = { bytes: BYTES, hops: 0, transferred: client.transferred };
    const end =
      refusal === undefined
        ? reception.dataEnd(connection, arrival, nowMs)
        : { verdict: refusal, envelopes: [] };
    this.#give({ type: 'asked' });
    for (const envelope of end.envelopes) {
      this.#parts.spool.set(envelope.id, envelope);
      this.#give({ type: 'spooled', connection, envelope });
    }
    this.#give({ type: 'clientClosed', connection });
    return end.verdict;
  }

  #connect({ connection, from, hosts }: Extract<MailCommand, { type: 'connect' }>): void {
    const host = hosts[0]?.host ?? '';
    const domain = host.replace(/^mx\./, '');
    this.#later(CONNECT_MS, () => {
      this.#outgoing.set(connection, { from, domain, peer: undefined });
      this.#parts.sink.connected(domain, 1);
      this.#give({ type: 'connected', connection, host, address: ip('192.0.2.1') });
    });
  }

  #connectNode({ connection, listener }: Extract<MailCommand, { type: 'connectNode' }>): void {
    const peer = this.#parts.peerAt(listener);
    if (peer?.alive !== true) {
      this.#give({ type: 'disconnected', connection, reason: 'refused', stage: 0 });
      return;
    }
    this.#outgoing.set(connection, { from: undefined, domain: undefined, peer });
    this.#give({ type: 'connected', connection, host: listener, address: undefined });
  }

  #send({ connection, envelope }: Extract<MailCommand, { type: 'send' }>): void {
    const out = this.#outgoing.get(connection);
    const { sink, node } = this.#parts;
    if (out === undefined) return;
    this.#later(out.peer === undefined ? sink.takesMs : HANDED_MS, () => {
      if (!this.#outgoing.has(connection)) return;
      if (out.peer === undefined) {
        for (const { address: recipient } of envelope.recipients) {
          sink.arrived.push({ recipient, from: out.from, node });
        }
        this.#sent(connection, envelope, { code: 250, text: '2.0.0 taken' });
      } else if (out.peer.alive) {
        this.#sent(connection, envelope, out.peer.#takeOver(envelope, node));
      } else this.#disconnect(connection, 'reset');
    });
  }

  #sent(connection: ConnectionId, { id, recipients }: Envelope, { code, text }: Verdict): void {
    const results = recipients.map((): RecipientResult => ({ code, text, stage: 9 }));
    this.#give({ type: 'sent', connection, outcome: { message: id, results } });
  }

  #takeOver({ id, binding, receivedWallMs, attempts, from, recipients }: Envelope, node: string): Verdict {
    const transferred = { id, binding, receivedWallMs, attempts };
    const client = { address: '10.9.9.9', local: '10.9.9.8', name: node, transferred };
    return this.#receive(
      client,
      from,
      recipients.map(({ address }) => address),
    );
  }

  #disconnect(connection: ConnectionId, reason: string): void {
    const out = this.#outgoing.get(connection);
    if (out === undefined) return;
    this.#outgoing.delete(connection);
    if (out.domain !== undefined) this.#parts.sink.connected(out.domain, -1);
    this.#give({ type: 'disconnected', connection, reason, stage: 1 });
  }

  #give(fact: MailFact): void {
    if (this.#alive) this.#parts.give(fact);
  }

  #later(ms: number, run: () => void): void {
    const { clock } = this.#parts;
    clock.at(clock.nowMs() + ms, () => {
      if (this.#alive) run();
    });
  }
}
