/**
 * The addresses of this host: what the member wants is plumbed, told to the network and watched (vip.md 4.4 local layer,
 * 4.6, 4.7). Pure; an adapter does what it commands. Nothing is added before a first survey has shown what was left
 * over, and all of that is gone (VIP-28).
 */

import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../base/core.ts';
import { type IpAddress, type Network, networkHolds } from '../model/ip.ts';
import { Announcer } from './announcer.ts';
import type {
  HostEffect,
  HostFact,
  HostInput,
  HostPolicy,
  LocalVip,
  Neighbour,
  PlacedAddress,
} from './api.ts';
import { Outbox } from './host-outbox.ts';
import { Neighbours } from './neighbours.ts';
import { Reconciler } from './reconciler.ts';

/** While something is missing, or an interface has just come up (vip.md 4.4). */
const LOOK_AGAIN_MS = 1_000;
/** Between surveys, however often the system says that something changed; twice of what one took, up to a second. */
const SURVEY_GAP_MS = 50;
/** An adapter that does not answer is asked again. */
const SURVEY_LIMIT_MS = 10_000;
/**
 * Ours; ARPSHARE of vip.md 4.3 is each 60 s. A client that a new owner does not know learns by broadcast only, which
 * Linux ignores for a second after any change of its entry.
 */
const READ_NEIGHBOURS_EVERY_MS = 5_000;
const READ_NEIGHBOURS_AFTER_UP_MS = 1_000;
/** `arp_all_hosts` off: told are those that a node heard of so recently. Ours, nobody documents it. */
const OF_INTEREST_SECONDS = 60;

export type VipHostParts = {
  readonly vips: readonly LocalVip[];
  readonly policy: HostPolicy;
  readonly nowMs: number;
};

export class VipHost implements Core<HostInput | DeadlineReached, HostEffect> {
  readonly #out = new Outbox();
  readonly #reconciler: Reconciler;
  readonly #announcer: Announcer;
  readonly #neighbours = new Neighbours();
  #policy: HostPolicy;
  #running = false;
  #stopped = false;
  #nowMs: number;
  #lastId = 0;
  #survey: { readonly id: number; readonly askedAtMs: number } | undefined;
  #surveyWished = false;
  /** Said once, not with every attempt. */
  #problem: string | undefined;
  #nextSurveyMs: number;
  #auditMs: number;
  #neighboursMs: number;
  #networks: ReadonlyMap<string, readonly Network[]> = new Map();
  /** By interface, only within one step. */
  readonly #hostsToTell = new Map<string, readonly IpAddress[]>();

  constructor({ vips, policy, nowMs }: VipHostParts) {
    this.#policy = policy;
    this.#nowMs = nowMs;
    this.#nextSurveyMs = nowMs;
    this.#auditMs = nowMs;
    this.#neighboursMs = nowMs;
    this.#announcer = new Announcer(this.#out, nowMs);
    this.#reconciler = new Reconciler({
      vips,
      policy,
      out: this.#out,
      nextId: () => this.#nextId(),
      onUp: (place) => this.#isUp(place),
      onDown: (address) => this.#announcer.stop(address),
    });
  }

  /** Addresses that are or may still be here by our doing; 0 once a stop is complete. */
  get held(): number {
    return this.#reconciler.held;
  }

  /** Where the address is on this host, as far as is known; undefined where it is not. */
  placeOf(address: IpAddress): PlacedAddress | undefined {
    return this.#reconciler.at(address);
  }

  /** For `cluster arp show`. */
  neighbours(nowMs: number): readonly Neighbour[] {
    return this.#neighbours.table(nowMs);
  }

  get deadlineMs(): number | undefined {
    if (!this.#running) return undefined;
    const dues = [this.#surveyDueMs(), this.#reconciler.deadlineMs, this.#announcer.deadlineMs];
    if (!this.#stopped) dues.push(this.#neighboursMs);
    const known = dues.filter((due) => due !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  step(input: HostInput | DeadlineReached, nowMs: number): readonly HostEffect[] {
    this.#nowMs = nowMs;
    this.#hostsToTell.clear();
    if (input.type !== DEADLINE_REACHED.type) this.#take(input);
    if (this.#running) this.#goOn();
    return this.#out.take();
  }

  #take(input: HostInput): void {
    const reconciler = this.#reconciler;
    switch (input.type) {
      case 'start':
        this.#running = true;
        break;
      case 'stop':
        this.#stopped = true;
        reconciler.releaseAll(this.#nowMs);
        break;
      case 'vipsChanged':
        reconciler.vipsChanged(input.vips);
        break;
      case 'policyChanged':
        this.#policy = input.policy;
        this.#auditMs = Math.min(this.#auditMs, this.#nowMs + this.#checkMs);
        reconciler.policyChanged(input.policy);
        break;
      case 'want':
        reconciler.release(input.release);
        if (this.#stopped) break;
        reconciler.acquire(input.acquire);
        reconciler.announce(input.announce);
        break;
      case 'neighboursHeard':
        this.#neighbours.heard(input.entries, this.#nowMs);
        break;
      case 'sayNeighbours':
        this.#neighbours.sayAll();
        this.#neighboursMs = this.#nowMs;
        break;
      case 'fact':
        this.#takeFact(input.fact);
        break;
    }
  }

  #takeFact(fact: HostFact): void {
    const reconciler = this.#reconciler;
    switch (fact.type) {
      case 'surveyed':
        this.#surveyed(fact);
        break;
      case 'changed': {
        const failed = new Map(fact.failed.map(({ address, text }) => [address, text]));
        reconciler.changed(fact.id, failed, this.#nowMs);
        break;
      }
      case 'hooked':
        reconciler.hooked(fact.id, fact.problem);
        break;
      case 'neighbours': {
        const news = this.#neighbours.read(fact.entries, this.#nowMs);
        if (news.length > 0) this.#out.neighbours(news);
        break;
      }
      case 'linkChanged':
        this.#surveyWished = true;
        break;
      case 'announced': {
        const addresses = this.#announcer.told(fact.addresses);
        if (addresses.length > 0) this.#out.announced(addresses);
        break;
      }
      case 'notAnnounced':
        this.#out.happened(`not announced: ${fact.text}`, fact.address, true);
        break;
      case 'dropped':
        this.#out.happened(`all addresses were dropped: ${fact.text}`, undefined, true);
        this.#survey = undefined;
        reconciler.dropped(this.#nowMs);
        break;
      case 'impossible':
        if (fact.text !== this.#problem) this.#out.happened(fact.text, undefined, true);
        this.#problem = fact.text;
        if (fact.id === this.#survey?.id) this.#endSurvey(true);
        reconciler.impossible(fact.id, fact.text, this.#nowMs);
        break;
    }
  }

  #surveyed({ id, addresses, interfaces }: Extract<HostFact, { type: 'surveyed' }>): void {
    if (id !== this.#survey?.id) return;
    this.#endSurvey(false);
    this.#problem = undefined;
    this.#networks = new Map(interfaces.map(({ name, networks }) => [name, networks]));
    this.#reconciler.surveyed(id, addresses, interfaces, this.#nowMs);
  }

  #endSurvey(failed: boolean): void {
    const tookMs = this.#nowMs - (this.#survey?.askedAtMs ?? this.#nowMs);
    this.#survey = undefined;
    // What took long may only have waited for its turn.
    const gapMs = Math.min(LOOK_AGAIN_MS, Math.max(SURVEY_GAP_MS, 2 * tookMs));
    this.#nextSurveyMs = this.#nowMs + (failed ? LOOK_AGAIN_MS : gapMs);
    this.#auditMs = this.#nowMs + this.#checkMs;
    // Without an answer nothing is known: whoever waits for it goes on waiting.
    if (failed) this.#surveyWished = true;
  }

  #goOn(): void {
    this.#reconciler.settle(this.#nowMs);
    this.#announcer.run(this.#nowMs);
    if (this.#reconciler.takeSurveyWish()) this.#surveyWished = true;
    if (this.#surveyDueMs() <= this.#nowMs) this.#askSurvey();
    if (this.#stopped || this.#neighboursMs > this.#nowMs) return;
    this.#neighboursMs = this.#nowMs + READ_NEIGHBOURS_EVERY_MS;
    this.#out.command({ type: 'readNeighbours', id: this.#nextId() });
  }

  /** `if_check_interval`; a second at least, whatever is configured. */
  get #checkMs(): number {
    return Math.max(LOOK_AGAIN_MS, this.#policy.ifCheckMs);
  }

  #surveyDueMs(): number {
    if (this.#survey !== undefined) return this.#survey.askedAtMs + SURVEY_LIMIT_MS;
    if (this.#surveyWished) return this.#nextSurveyMs;
    if (this.#stopped) return Number.POSITIVE_INFINITY;
    const lookMs = this.#auditMs - this.#checkMs + LOOK_AGAIN_MS;
    return this.#reconciler.somethingMissing ? Math.min(this.#auditMs, lookMs) : this.#auditMs;
  }

  #askSurvey(): void {
    this.#surveyWished = false;
    const id = this.#nextId();
    this.#survey = { id, askedAtMs: this.#nowMs };
    this.#out.command({ type: 'survey', id });
  }

  #isUp(place: PlacedAddress): void {
    if (this.#stopped) return;
    this.#announcer.start(place, this.#hostsOf(place), this.#nowMs);
    this.#neighboursMs = Math.min(this.#neighboursMs, this.#nowMs + READ_NEIGHBOURS_AFTER_UP_MS);
  }

  #hostsOf({ address, interface: name }: PlacedAddress): readonly IpAddress[] {
    const isV6 = address.includes(':');
    const key = `${name} ${isV6}`;
    const known = this.#hostsToTell.get(key);
    if (known !== undefined) return known;
    const networks = this.#networks.get(name) ?? [];
    const within = this.#policy.arpAllHosts ? Number.POSITIVE_INFINITY : OF_INTEREST_SECONDS;
    const hosts = this.#neighbours
      .newestFirst(this.#nowMs, within)
      .filter((host) => host.includes(':') === isV6 && !this.#reconciler.isManaged(host))
      .filter((host) => networks.some((network) => networkHolds(network, host)));
    this.#hostsToTell.set(key, hosts);
    return hosts;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
