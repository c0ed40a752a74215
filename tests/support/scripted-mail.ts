/** The core of the mail plane as far as adapters see it: accepts what a test does not refuse, and keeps book. */

import type {
  Arrival,
  Client,
  ConnectionId,
  Envelope,
  MailFact,
  Reception,
  Verdict,
} from '../../server/mail/api.ts';

const GOOD: Verdict = { code: 250, text: '2.0.0 fine' };

export class ScriptedReception implements Reception {
  /** What is answered instead of 250, by the name of the question. */
  readonly verdicts: Partial<Record<'connect' | 'mail' | 'rcpt' | 'data' | 'end', Verdict>> = {};
  readonly facts: MailFact[] = [];
  readonly refusals: Verdict[] = [];
  readonly clients: Client[] = [];
  readonly arrivals: Arrival[] = [];
  readonly #from = new Map<ConnectionId, string>();
  readonly #to = new Map<ConnectionId, string[]>();
  #connections = 0;
  #messages = 0;

  get spooled(): readonly Envelope[] {
    return this.facts.flatMap((fact) => (fact.type === 'spooled' ? [fact.envelope] : []));
  }

  get closed(): readonly ConnectionId[] {
    return this.facts.flatMap((fact) => (fact.type === 'clientClosed' ? [fact.connection] : []));
  }

  clientConnected(client: Client): { verdict: Verdict; connection: ConnectionId } {
    this.clients.push(client);
    this.#connections += 1;
    return { verdict: this.verdicts.connect ?? GOOD, connection: this.#connections };
  }

  greeted(): void {
    // for log lines only
  }

  mailFrom(connection: ConnectionId, address: string): Verdict {
    this.#from.set(connection, address);
    this.#to.set(connection, []);
    return this.verdicts.mail ?? GOOD;
  }

  rcptTo(connection: ConnectionId, address: string): Verdict {
    const verdict = this.verdicts.rcpt ?? GOOD;
    if (verdict.code < 300) this.#to.get(connection)?.push(address);
    return verdict;
  }

  reset(connection: ConnectionId): void {
    this.#to.delete(connection);
  }

  dataBegin(): Verdict {
    return this.verdicts.data ?? GOOD;
  }

  dataEnd(connection: ConnectionId, arrival: Arrival): { verdict: Verdict; envelopes: readonly Envelope[] } {
    this.arrivals.push(arrival);
    const verdict = this.verdicts.end ?? GOOD;
    const domains = new Map<string, string[]>();
    for (const address of this.#to.get(connection) ?? []) {
      const domain = address.slice(address.lastIndexOf('@') + 1);
      domains.set(domain, [...(domains.get(domain) ?? []), address]);
    }
    const envelopes = [...domains].map(([domain, addresses]): Envelope => {
      this.#messages += 1;
      return scriptedEnvelope({
        id: arrival.transferred?.id ?? numberedId(this.#messages),
        from: this.#from.get(connection) ?? '',
        recipients: addresses.map((address) => ({ address, domain })),
        domain,
        bytes: arrival.bytes,
        ...(arrival.transferred === undefined ? {} : { binding: arrival.transferred.binding }),
      });
    });
    return { verdict, envelopes };
  }

  refused(_connection: ConnectionId, verdict: Verdict): void {
    this.refusals.push(verdict);
  }
}

export function numberedId(number: number): string {
  return `00/00-00001-${number.toString(16).toUpperCase().padStart(16, '0')}`;
}

export function scriptedEnvelope(changes: Partial<Envelope> = {}): Envelope {
  const domain = changes.domain ?? 'example.com';
  return {
    id: numberedId(1),
    from: 'sender@example.org',
    recipients: [{ address: `someone@${domain}`, domain }],
    domain,
    binding: 'default',
    bytes: 0,
    receivedWallMs: 1_700_000_000_000,
    attempts: 0,
    nextAttemptWallMs: 1_700_000_000_000,
    ...changes,
  };
}
