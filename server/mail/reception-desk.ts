/**
 * What a client of the reception hears: who may connect, what is relayed, when there is room. Bodies are not seen here.
 * Limits of a netblock hold for the whole cluster as far as its counts are known, which is lazily (momentum.md 4.2).
 */

import { type IpAddress, type Network, networkHolds } from '../model/ip.ts';
import {
  type Arrival,
  type Client,
  type ConnectionFacts,
  type ConnectionId,
  type Envelope,
  HOPS_MAX,
  INBOUND_CONNECTIONS_MAX,
  type InboundLimit,
  type MailPlan,
  MESSAGE_BYTES_MAX,
  type MessageId,
  QUEUED_MESSAGES_MAX,
  RECIPIENTS_MAX,
  type Reception,
  type Recipient,
  type Transferred,
  type Verdict,
} from './api.ts';
import type { Arrivals } from './arrivals.ts';
import type { MailContext } from './mail-context.ts';
import { type Rejection, rejectionLine } from './mail-lines.ts';
import { parseMailbox } from './mailbox.ts';

const INBOUND = 'inbound_cidr';
const NO_SUCH_CONNECTION: Verdict = { code: 421, text: '4.3.0 this connection is not known' };

/** A message whose body is complete and that is being written. */
export type Accepting = {
  readonly ip: IpAddress;
  readonly connection: ConnectionId;
  readonly batch: MessageId;
  readonly protocol: 'esmtp' | 'xfer';
};

type Guest = {
  readonly client: Client;
  /** When it connected. */
  readonly plan: MailPlan;
  readonly sinceMs: number;
  helo: string | undefined;
  from: string | undefined;
  readonly recipients: Map<string, Recipient>;
};

/** How full the node is: messages that are queued. */
export type Fullness = () => number;

export class ReceptionDesk implements Reception {
  readonly #context: MailContext;
  readonly #arrivals: Arrivals;
  readonly #queued: Fullness;
  readonly #guests = new Map<ConnectionId, Guest>();
  /** Own connections by address, for the time in which the cluster does not count. */
  readonly #byAddress = new Map<IpAddress, number>();
  readonly #accepting = new Map<MessageId, Accepting>();

  constructor(context: MailContext, arrivals: Arrivals, queued: Fullness) {
    this.#context = context;
    this.#arrivals = arrivals;
    this.#queued = queued;
  }

  get connections(): number {
    return this.#guests.size;
  }

  /** Messages that are being written. */
  get accepting(): number {
    return this.#accepting.size;
  }

  facts(): readonly ConnectionFacts[] {
    return [...this.#guests].map(([connection, { client, sinceMs, from, recipients }]) => ({
      connection,
      peer: endpoint(client.address, client.port),
      host: undefined,
      binding: this.#bindingOf(client),
      state: from === undefined ? 'awaiting mailfrom' : recipients.size === 0 ? 'awaiting rcptto' : 'data',
      sinceMs,
    }));
  }

  clientConnected(client: Client, nowMs: number): ReturnType<Reception['clientConnected']> {
    const connection = this.#context.nextConnection();
    const guest = {
      client,
      plan: this.#context.plan,
      sinceMs: nowMs,
      helo: undefined,
      from: undefined,
      recipients: new Map<string, Recipient>(),
    };
    const refusal = this.#admission(client);
    if (refusal !== undefined) {
      this.#reject(connection, guest, 'connecting', refusal, nowMs);
      return { verdict: refusal, connection };
    }
    this.#guests.set(connection, guest);
    if (!client.transfer) {
      this.#byAddress.set(client.address, (this.#byAddress.get(client.address) ?? 0) + 1);
      this.#context.cluster.count(INBOUND, client.address, 1, nowMs);
      this.#context.cluster.meter('connect', client.address, nowMs);
    }
    return { verdict: { code: 220, text: this.#context.plan.hostname }, connection };
  }

  /** Takes back what was counted. A message whose body is complete is written all the same. */
  closed(connection: ConnectionId, nowMs: number): void {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return;
    this.#guests.delete(connection);
    const { address, transfer } = guest.client;
    if (transfer) return;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
    this.#context.cluster.count(INBOUND, address, -1, nowMs);
  }

  greeted(connection: ConnectionId, name: string): void {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return;
    guest.helo = name.slice(0, 255);
    forget(guest);
  }

  mailFrom(connection: ConnectionId, address: string, sizeBytes: number | undefined, nowMs: number): Verdict {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return NO_SUCH_CONNECTION;
    // A transaction under way is finished; the next one needs a session of the present configuration.
    if (guest.plan !== this.#context.plan && !guest.client.transfer) {
      return { code: 421, text: guest.plan.reconfigMessage };
    }
    const parsed = address === '' ? undefined : parseMailbox(address);
    const refusal =
      guest.from !== undefined
        ? { code: 503, text: '5.5.1 there is a sender already' }
        : parsed?.ok === false
          ? { code: 553, text: `5.1.7 ${parsed.error}` }
          : sizeBytes !== undefined && sizeBytes > MESSAGE_BYTES_MAX
            ? tooLarge()
            : this.#fullness(1);
    if (refusal !== undefined) return this.#reject(connection, guest, 'awaiting mailfrom', refusal, nowMs);
    guest.from = parsed?.ok === true ? parsed.value.address : '';
    return { code: 250, text: '2.1.0 sender ok' };
  }

  rcptTo(connection: ConnectionId, address: string, nowMs: number): Verdict {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return NO_SUCH_CONNECTION;
    const parsed = parseMailbox(address);
    const refusal =
      guest.from === undefined
        ? { code: 503, text: '5.5.1 need MAIL before RCPT' }
        : !parsed.ok
          ? { code: 553, text: `5.1.3 ${parsed.error}` }
          : guest.recipients.size >= RECIPIENTS_MAX
            ? { code: 452, text: `4.5.3 at most ${RECIPIENTS_MAX} recipients` }
            : this.#relayRefusal(guest.client, parsed.value.domain);
    if (refusal !== undefined) return this.#reject(connection, guest, 'awaiting rcptto', refusal, nowMs);
    if (parsed.ok) guest.recipients.set(parsed.value.address, parsed.value);
    return { code: 250, text: '2.1.5 recipient ok' };
  }

  reset(connection: ConnectionId): void {
    const guest = this.#guests.get(connection);
    if (guest !== undefined) forget(guest);
  }

  dataBegin(connection: ConnectionId, nowMs: number): Verdict {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return NO_SUCH_CONNECTION;
    const refusal =
      guest.recipients.size === 0
        ? { code: 503, text: '5.5.1 need RCPT before DATA' }
        : this.#fullness(domainsOf(guest).size);
    if (refusal !== undefined) return this.#reject(connection, guest, 'awaiting data', refusal, nowMs);
    return { code: 354, text: 'end with a dot on a line of its own' };
  }

  dataEnd(connection: ConnectionId, arrival: Arrival, nowMs: number): ReturnType<Reception['dataEnd']> {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return { verdict: NO_SUCH_CONNECTION, envelopes: [] };
    const { from, recipients } = guest;
    const domains = domainsOf(guest);
    const refusal = this.#bodyRefusal(guest, arrival, domains.size);
    if (from === undefined || refusal !== undefined) {
      const verdict = refusal ?? { code: 503, text: '5.5.1 need MAIL before DATA' };
      this.#reject(connection, guest, 'data', verdict, nowMs);
      forget(guest);
      return { verdict, envelopes: [] };
    }
    const transferred = guest.client.transfer ? arrival.transferred : undefined;
    const offered = [...recipients.keys()];
    forget(guest);
    if (transferred !== undefined && this.#arrivals.has(transferred.id, offered)) {
      return { verdict: { code: 250, text: '2.0.0 it is here already' }, envelopes: [] };
    }
    const envelopes = [...domains].map(([domain, list], index) =>
      this.#envelope({ from, domain, recipients: list, bytes: arrival.bytes }, guest, {
        transferred: index === 0 ? transferred : undefined,
        nowMs,
      }),
    );
    const batch = envelopes[0]?.id ?? '';
    for (const { id } of envelopes) {
      const protocol = guest.client.transfer ? 'xfer' : 'esmtp';
      this.#accepting.set(id, { ip: guest.client.address, connection, batch, protocol });
    }
    return { verdict: { code: 250, text: `2.0.0 queued as ${batch}` }, envelopes };
  }

  refused(connection: ConnectionId, verdict: Verdict, nowMs: number): void {
    const guest = this.#guests.get(connection);
    if (guest === undefined) return;
    const phase = guest.from === undefined ? 'awaiting mailfrom' : 'data';
    this.#reject(connection, guest, phase, verdict, nowMs);
  }

  /** Undefined for messages that no client handed in. */
  takeAccepting(id: MessageId): Accepting | undefined {
    const accepting = this.#accepting.get(id);
    this.#accepting.delete(id);
    return accepting;
  }

  isAccepting(id: MessageId): boolean {
    return this.#accepting.has(id);
  }

  #envelope(
    message: Pick<Envelope, 'from' | 'domain' | 'recipients' | 'bytes'>,
    { client }: Guest,
    { transferred, nowMs }: { readonly transferred: Transferred | undefined; readonly nowMs: number },
  ): Envelope {
    const wallMs = this.#context.wallMs(nowMs);
    // A second copy of a part of a message that is here already gets a name of its own.
    const known = transferred !== undefined && !this.#arrivals.isTaken(transferred.id);
    return {
      ...message,
      id: known ? transferred.id : this.#arrivals.freeName(wallMs),
      binding: transferred?.binding ?? this.#bindingOf(client),
      receivedWallMs: Math.min(transferred?.receivedWallMs ?? wallMs, wallMs),
      attempts: transferred?.attempts ?? 0,
      nextAttemptWallMs: wallMs,
    };
  }

  #bindingOf({ localAddress }: Client): string {
    const { plan, defaultBinding } = this.#context;
    return plan.bindings.find(({ receivesOn }) => receivesOn.includes(localAddress))?.name ?? defaultBinding;
  }

  #admission(client: Client): Verdict | undefined {
    const { stopped, plan } = this.#context;
    if (stopped) return { code: 421, text: `4.3.2 ${plan.hostname} is going down` };
    if (this.#guests.size >= INBOUND_CONNECTIONS_MAX) return tooMany(plan.hostname);
    if (client.transfer) return undefined;
    const full = plan.inbound.some((limit) => this.#isFull(limit, client.address));
    return full ? tooMany(plan.hostname) : undefined;
  }

  #isFull({ network, perHost, perNetwork }: InboundLimit, address: IpAddress): boolean {
    if (!networkHolds(network, address)) return false;
    if (perHost !== undefined) {
      const own = this.#byAddress.get(address) ?? 0;
      if (Math.max(own, this.#counted(address)) >= perHost) return true;
    }
    if (perNetwork === undefined) return false;
    const known = this.#counted(`${network.address}/${network.bits}`);
    return known >= perNetwork || this.#ownIn(network) >= perNetwork;
  }

  #counted(key: string): number {
    return this.#context.cluster.total(INBOUND, key) ?? 0;
  }

  #ownIn(network: Network): number {
    let own = 0;
    for (const [address, connections] of this.#byAddress) {
      if (networkHolds(network, address)) own += connections;
    }
    return own;
  }

  #relayRefusal({ address, transfer }: Client, domain: string): Verdict | undefined {
    const { relayHosts, relayDomains } = this.#context.plan;
    if (transfer || relayDomains.has('*') || relayDomains.has(domain)) return undefined;
    if (relayHosts.some((network) => networkHolds(network, address))) return undefined;
    return { code: 550, text: '5.7.1 relaying denied' };
  }

  #fullness(more: number): Verdict | undefined {
    const { stopped, spoolProblem, plan } = this.#context;
    if (stopped) return { code: 421, text: `4.3.2 ${plan.hostname} is going down` };
    if (spoolProblem !== undefined) return { code: 452, text: '4.3.1 the spool takes no messages now' };
    const room = QUEUED_MESSAGES_MAX - this.#queued() - this.#accepting.size;
    return room < more ? { code: 452, text: '4.3.1 too many messages are queued' } : undefined;
  }

  #bodyRefusal(
    { client }: Guest,
    { bytes, hops, transferred }: Arrival,
    messages: number,
  ): Verdict | undefined {
    if (messages === 0) return { code: 503, text: '5.5.1 need RCPT before DATA' };
    if (bytes > MESSAGE_BYTES_MAX) return tooLarge();
    if (client.transfer) {
      if (transferred === undefined) return { code: 554, text: '5.6.0 a node says what it hands over' };
      const { binding } = transferred;
      const here =
        this.#context.binding(binding) !== undefined && this.#context.routeOf(binding).at === 'here';
      if (!here) return { code: 451, text: '4.3.2 the binding is not here' };
    } else if (hops > HOPS_MAX) return { code: 554, text: '5.4.6 this message goes in circles' };
    return this.#fullness(messages);
  }

  #reject(
    connection: ConnectionId,
    { client, helo, from }: Guest,
    phase: Rejection['phase'],
    verdict: Verdict,
    nowMs: number,
  ): Verdict {
    this.#context.add(this.#bindingOf(client), 'rejections');
    if (!client.transfer) this.#context.cluster.meter('rejection', client.address, nowMs);
    const text = rejectionLine({
      atWallMs: this.#context.wallMs(nowMs),
      remote: endpoint(client.address, client.port),
      local: endpoint(client.localAddress, client.localPort),
      connection: this.#context.names.connection(connection),
      phase,
      code: verdict.code,
      helo,
      from,
      text: verdict.text,
    });
    this.#context.log('rejectlog', text, nowMs);
    return verdict;
  }
}

function forget(guest: Guest): void {
  guest.from = undefined;
  guest.recipients.clear();
}

/** In order of first recipient. */
function domainsOf({ recipients }: Guest): ReadonlyMap<string, readonly Recipient[]> {
  const domains = new Map<string, Recipient[]>();
  for (const recipient of recipients.values()) {
    const list = domains.get(recipient.domain);
    if (list === undefined) domains.set(recipient.domain, [recipient]);
    else list.push(recipient);
  }
  return domains;
}

function endpoint(address: IpAddress, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function tooMany(hostname: string): Verdict {
  return { code: 421, text: `4.7.0 ${hostname} too many connections` };
}

function tooLarge(): Verdict {
  return { code: 552, text: `5.3.4 a message has at most ${MESSAGE_BYTES_MAX} bytes` };
}
