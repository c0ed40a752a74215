/**
 * Where mail for a domain goes: MX, then addresses (RFC 5321, 5.1), with bounds. A domain that says that it takes no mail
 * (RFC 7505) and one that does not exist are told from a name server that does not answer.
 */

import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { MailHost, Resolution } from '../mail/api.ts';

/** One question to one server, and how often it is asked. */
const QUESTION_MS = 5_000;
const TRIES = 2;
/** Hosts of a domain, and addresses of a host, that are looked at. */
const HOSTS_MAX = 8;
const ADDRESSES_MAX = 8;
/** Domains that are looked up together; more wait. */
const TOGETHER = 64;
const NOBODY = new Set(['ENOTFOUND', 'NXDOMAIN', 'EBADNAME']);
const NOTHING = new Set(['ENODATA', 'ENOTFOUND', 'NXDOMAIN']);

/** What is asked of the resolver of the system; a test answers itself. */
export type MailQuestions = Pick<Resolver, 'resolveMx' | 'resolve4' | 'resolve6'>;

export class MailDns {
  readonly #questions: MailQuestions;
  readonly #shuffle: (hosts: readonly MxRecord[]) => readonly MxRecord[];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    questions: MailQuestions = new Resolver({ timeout: QUESTION_MS, tries: TRIES }),
    shuffle: (hosts: readonly MxRecord[]) => readonly MxRecord[] = (hosts) => hosts,
  ) {
    this.#questions = questions;
    this.#shuffle = shuffle;
  }

  /** Never rejects. */
  async resolve(domain: string): Promise<Resolution> {
    const literal = literalOf(domain);
    if (literal !== undefined) return { ok: true, hosts: [{ host: domain, addresses: [literal] }] };
    if (domain.startsWith('[')) return { ok: false, gone: true, text: `${domain} is no address` };
    return this.#inTurn(() => this.#lookUp(domain));
  }

  /** Of one host by its name, or itself. Empty when there are none. Never rejects. */
  async addressesOf(host: string): Promise<readonly string[]> {
    const literal = isIP(host) === 0 ? literalOf(host) : host;
    if (literal !== undefined) return [literal];
    if (host === 'localhost') return ['127.0.0.1', '::1'];
    const found = await this.#inTurn(() => this.#addresses(host));
    return found.addresses;
  }

  async #lookUp(domain: string): Promise<Resolution> {
    let records: readonly MxRecord[];
    try {
      records = await this.#questions.resolveMx(domain);
    } catch (error) {
      const code = codeOf(error);
      if (NOBODY.has(code)) return { ok: false, gone: true, text: `${domain} does not exist` };
      if (code !== 'ENODATA') return { ok: false, gone: false, text: `MX of ${domain}: ${code}` };
      records = [{ exchange: domain, priority: 0 }];
    }
    if (records.length === 1 && (records[0]?.exchange ?? '') === '') {
      return { ok: false, gone: true, text: `${domain} takes no mail (null MX)` };
    }
    const inOrder = [...this.#shuffle(records)]
      .filter(({ exchange }) => exchange !== '')
      .sort((a, b) => a.priority - b.priority)
      .slice(0, HOSTS_MAX);
    const looked = await Promise.all(
      inOrder.map(async ({ exchange }) => ({ host: exchange, ...(await this.#addresses(exchange)) })),
    );
    const hosts: MailHost[] = looked
      .filter(({ addresses }) => addresses.length > 0)
      .map(({ host, addresses }) => ({ host, addresses }));
    if (hosts.length > 0) return { ok: true, hosts };
    // A name server that does not answer may answer tomorrow.
    const unsure = looked.some(({ certain }) => !certain);
    return { ok: false, gone: !unsure, text: `no host of ${domain} has an address` };
  }

  async #addresses(
    host: string,
  ): Promise<{ readonly addresses: readonly string[]; readonly certain: boolean }> {
    if (isIP(host) !== 0) return { addresses: [host], certain: true };
    let certain = true;
    const ask = async (question: Promise<string[]>): Promise<readonly string[]> => {
      try {
        return await question;
      } catch (error) {
        if (!NOTHING.has(codeOf(error))) certain = false;
        return [];
      }
    };
    const found = await Promise.all([
      ask(this.#questions.resolve4(host)),
      ask(this.#questions.resolve6(host)),
    ]);
    return { addresses: found.flat().slice(0, ADDRESSES_MAX), certain };
  }

  async #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#running >= TOGETHER) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

type MxRecord = { readonly exchange: string; readonly priority: number };

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]` */
function literalOf(domain: string): string | undefined {
  const inside = /^\[(?:IPv6:)?([^\]]+)\]$/i.exec(domain)?.[1] ?? '';
  return isIP(inside) === 0 ? undefined : inside;
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}
