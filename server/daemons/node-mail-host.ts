/**
 * Mail of a running node: spool, reception, deliveries and moves around the mail core. What the core asks for is
 * performed here, and it hears what became of it. The core knows of no message before it knows of all in the spool.
 */

import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { MailDns } from '../adapters/mail-dns.ts';
import { type MailSpool, openSpool } from '../adapters/mail-spool.ts';
import { SmtpDelivery } from '../adapters/smtp-delivery.ts';
import { SmtpReception, turnAway } from '../adapters/smtp-reception.ts';
import { plainAddress } from '../adapters/stream-endpoint.ts';
import { must, unreachable } from '../base/assert.ts';
import { ClusterError } from '../base/errors.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { NodeMailPlan } from '../cluster/mail-plan.ts';
import type { Generation } from '../conf/generation.ts';
import type { ServiceKeys } from '../logs/service-keys.ts';
import {
  type MailCommand,
  type MailFact,
  MOVE_SERVICE,
  NO_CONNECTION,
  type Reception,
  type SessionPolicy,
} from '../mail/api.ts';
import { composeBounce, HEAD_BYTES_MAX } from '../mail/bounce.ts';
import type { NodeName } from '../model/names.ts';
import { MailListeners } from './mail-listeners.ts';
import { dialNode } from './node-dial.ts';
import type { HostMail } from './process-host.ts';
import type { VipService } from './vip-endpoint.ts';

/** A spool that cannot be used is tried again so often. */
const SPOOL_AGAIN_MS = 5_000;
/** Sessions have so long to hear that they end. */
const GOODBYE_MS = 500;
/** Nodes are near and do what they say; one that does not has lost its connection. */
const NODE_SESSION: Omit<SessionPolicy, 'ehlo'> = {
  connectMs: 5_000,
  ehloMs: 10_000,
  mailFromMs: 20_000,
  rcptToMs: 20_000,
  bodyMs: 60_000,
  rsetMs: 10_000,
};

export type NodeMailHostParts = {
  readonly nodeName: NodeName;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly plan: (generation: Generation) => NodeMailPlan;
  readonly generation: Generation;
  /** Of the mail core; undefined while the node runs no mail. */
  readonly reception: () => Reception | undefined;
  /** Which nodes prove to each other on the cluster listener; undefined without keys. */
  readonly keys: () => ServiceKeys | undefined;
  /** Where connections to other nodes leave. */
  readonly nodeAddress: string;
  /** A present node may call from there; asked where no keys prove it. */
  readonly isNode: (name: string, address: string) => boolean;
};

export class NodeMailHost implements HostMail, VipService {
  readonly #parts: NodeMailHostParts;
  readonly #dns: MailDns;
  readonly #delivery: SmtpDelivery;
  readonly #listeners: MailListeners;
  #give: (fact: MailFact) => void = () => undefined;
  #plan: NodeMailPlan;
  #reception: SmtpReception | undefined;
  /** Only once the core knows what is in it. */
  #spool: MailSpool | undefined;
  #spoolTimer: NodeJS.Timeout | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: NodeMailHostParts) {
    this.#parts = parts;
    this.#plan = parts.plan(parts.generation);
    this.#dns = new MailDns(undefined, shuffled);
    this.#delivery = new SmtpDelivery({
      give: (fact) => this.#give(fact),
      spool: () => this.#spool,
      addressesOf: (host) => this.#dns.addressesOf(host),
      connectNode: ({ node, listener }) => this.#dial(node, listener),
      nodeSession: () => ({ ...NODE_SESSION, ehlo: this.#plan.core.hostname }),
    });
    this.#listeners = new MailListeners(this, (problem) => {
      parts.logger.error('listener.not_opened', { problem });
    });
  }

  /** @param give takes what became of commands, and what clients do; not called before `start`. */
  attach(give: (fact: MailFact) => void): HostMail {
    this.#give = give;
    return this;
  }

  start(): Promise<readonly string[]> {
    return this.#plan.runs ? this.#run() : Promise.resolve([]);
  }

  async follow(generation: Generation): Promise<readonly string[]> {
    this.#plan = this.#parts.plan(generation);
    if (this.#reception === undefined) return this.start();
    this.#reception.configure({ hostname: this.#plan.core.hostname, idleMs: this.#plan.idleMs });
    return this.#listeners.follow(this.#plan.listens);
  }

  /** A client of an ESMTP_Listener. */
  accept(socket: Socket): void {
    if (this.#reception !== undefined && !this.#closed) this.#reception.accept(socket);
    else turnAway(socket, { code: 421, text: `4.3.2 ${this.#plan.core.hostname}: no mail service here` });
  }

  acceptNode(socket: Socket, from: string): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const known = this.#parts.keys() !== undefined || this.#parts.isNode(from, address);
    if (this.#reception !== undefined && known && !this.#closed) {
      this.#reception.accept(socket, from);
      return;
    }
    if (!known) this.#parts.logger.warn('mail.stranger_refused', { from, address });
    socket.on('error', () => undefined);
    socket.destroy();
  }

  perform(command: MailCommand): void {
    switch (command.type) {
      case 'resolve':
        void this.#dns.resolve(command.domain).then((answer) => {
          this.#give({ type: 'resolved', domain: command.domain, answer });
        });
        break;
      case 'connect':
      case 'connectNode':
      case 'send':
      case 'disconnect':
        this.#delivery.perform(command);
        break;
      case 'update':
        this.#spool?.update(command.envelope);
        break;
      case 'remove':
        this.#spool?.remove(command.id);
        break;
      case 'bounce':
        void this.#bounce(command);
        break;
      default:
        unreachable(command);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spoolTimer);
    this.#reception?.stop({ code: 421, text: `4.3.2 ${this.#plan.core.hostname} is going down` });
    if ((this.#reception?.sessions ?? 0) > 0) await new Promise((done) => setTimeout(done, GOODBYE_MS));
    this.#listeners.close();
    await this.#reception?.close();
    this.#delivery.close();
    await this.#opening;
    await this.#spool?.close();
  }

  /** The core is there, and stays. */
  async #run(): Promise<readonly string[]> {
    const { clock, reception } = this.#parts;
    const { hostname } = this.#plan.core;
    this.#reception = new SmtpReception({
      hostname,
      desk: must(reception(), 'a node with a plan for mail has its core'),
      give: (fact) => this.#give(fact),
      spool: () => this.#spool,
      clock,
      limits: { idleMs: this.#plan.idleMs },
    });
    this.#opening = this.#open();
    await this.#opening;
    return this.#listeners.follow(this.#plan.listens);
  }

  async #open(): Promise<void> {
    const { logger } = this.#parts;
    const { folder: base, mode } = this.#plan.spool;
    const onState = (problem: string | undefined): void => {
      if (problem === undefined) logger.info('spool.well', { base });
      else logger.error('spool.refuses', { problem });
      this.#give({ type: 'spoolState', problem });
    };
    try {
      const { spool, envelopes, unfinished, damaged } = await openSpool({ base, mode, onState });
      for (const what of damaged) logger.error('spool.damaged', { what });
      logger.info('spool.opened', { base, messages: envelopes.length, unfinished });
      // Told first: what the core then asks for may already be about them.
      this.#spool = spool;
      this.#give({ type: 'recovered', envelopes });
      this.#give({ type: 'spoolState', problem: undefined });
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      onState(error.message);
      if (this.#closed) return;
      this.#spoolTimer = setTimeout(() => {
        this.#opening = this.#open();
      }, SPOOL_AGAIN_MS);
    }
  }

  async #bounce(command: Extract<MailCommand, { type: 'bounce' }>): Promise<void> {
    const { envelope, about, failed } = command;
    const spool = this.#spool;
    const refused = (reason: string): void => this.#give({ type: 'notSpooled', id: envelope.id, reason });
    if (spool === undefined) {
      refused('there is no spool');
      return;
    }
    const head = (await spool.head(about.id, HEAD_BYTES_MAX)).toString('utf8');
    const { hostname } = this.#plan.core;
    const body = Buffer.from(composeBounce({ envelope, about, failed, hostname, head }));
    const written = { ...envelope, bytes: body.length };
    const writer = spool.begin();
    await writer.write(body);
    const problem = await spool.commit(writer, { trace: undefined, envelopes: [written] });
    if (problem !== undefined) refused(problem);
    else this.#give({ type: 'spooled', connection: NO_CONNECTION, envelope: written });
  }

  #dial(node: NodeName, listener: string): Promise<Socket> {
    const { nodeName, nodeAddress, keys } = this.#parts;
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(listener) ?? [];
    return dialNode({
      service: MOVE_SERVICE,
      from: nodeName,
      to: node,
      host,
      port: Number(port),
      localAddress: nodeAddress,
      keys: keys(),
    });
  }
}

/** Hosts of the same preference take turns (RFC 5321, 5.1). */
function shuffled<T>(items: readonly T[]): readonly T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    const moved = left[at];
    const there = left[other];
    if (moved === undefined || there === undefined) continue;
    left[at] = there;
    left[other] = moved;
  }
  return left;
}
