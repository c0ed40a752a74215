/** The services of one gateway, wired: everything that routes and the live side share, without a port. */

import type { Clock, Logger } from '../base/ports.ts';
import type { ModelChange, Observer } from '../cluster/observer-api.ts';
import type { Job } from '../wire/http.ts';
import { Accounts } from './accounts.ts';
import { ApiTokens, isTokenSession } from './api-tokens.ts';
import { Approvals } from './approvals.ts';
import { AuditLog } from './audit-log.ts';
import { Commands } from './commands.ts';
import { type LogDesk, openLogDesk } from './log-desk.ts';
import type { LogPauses } from './log-pauses.ts';
import { MemberQueries } from './member-queries.ts';
import { Metrics } from './metrics.ts';
import type { GatewayOptions } from './options.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Sessions, type SignedIn } from './sessions.ts';
import type { Store } from './store-port.ts';
import { Tickets } from './tickets.ts';
import { TrafficHistory } from './traffic-history.ts';
import { VipDesk } from './vip-desk.ts';
import { VipHistory } from './vip-history.ts';

export type Services = {
  readonly metrics: Metrics;
  readonly audit: AuditLog;
  readonly hasher: PasswordHasher;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly tokens: ApiTokens;
  readonly commands: Commands;
  readonly approvals: Approvals;
  readonly queries: MemberQueries;
  readonly vips: VipDesk;
  readonly history: VipHistory;
  readonly logs: LogDesk;
  readonly traffic: TrafficHistory;
  /** Of people and of tokens: those that are still alive, by id. */
  readonly alive: (sessions: readonly string[]) => Promise<ReadonlyMap<string, SignedIn>>;
  /** Resolves once everything that is known is on disk. */
  readonly stop: () => Promise<void>;
};

export type ServiceParts = {
  readonly observer: Observer;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: GatewayOptions;
  readonly onJob: (job: Job) => void;
  /** Rows that are the gateway's own. */
  readonly onRows: (changes: readonly ModelChange[]) => void;
  /** Asked for metrics only. */
  readonly sockets: () => number;
  readonly seq: () => number;
};

export async function createServices(parts: ServiceParts): Promise<Services> {
  const { observer, store, clock, logger, options, onJob, onRows, sockets, seq } = parts;
  const { clusterName } = options;
  const late = { approvals: (): number => 0, pauses: (): ReturnType<LogPauses['rows']> => ({}) };
  const metrics = new Metrics({
    observer,
    clock,
    sockets,
    seq,
    approvals: () => late.approvals(),
    pauses: () => late.pauses(),
  });
  const audit = new AuditLog(store, clock);
  const hasher = new PasswordHasher(options.passwordCost);
  const sessions = new Sessions(store, clock);
  const tokens = new ApiTokens({ store, clock, audit, metrics });
  let vips: VipDesk | undefined;
  const commands = await Commands.load({
    observer,
    store,
    clock,
    logger,
    audit,
    metrics,
    clusterName,
    onJob: (job) => {
      vips?.jobChanged(job);
      onJob(job);
    },
  });
  const approvals = await Approvals.load({ store, clock, logger, audit, observer, commands, clusterName });
  late.approvals = () => approvals.waiting;
  const queries = new MemberQueries({ observer, clock, logger });
  const alive = (ids: readonly string[]) => aliveOf(ids, sessions, tokens);
  const common = { observer, store, clock, logger, metrics };
  const desk = await VipDesk.load({ ...common, audit, commands, alive, onRows });
  vips = desk;
  const actorOf = (address: string, owner: string | null) => desk.actorOf(address, owner);
  const history = await VipHistory.load({ ...common, actorOf });
  const logs = await openLogDesk({ ...common, audit, onRows });
  late.pauses = () => logs.pauses.rows();
  const traffic = new TrafficHistory({ observer, clock });
  return {
    metrics,
    audit,
    hasher,
    accounts: new Accounts({ store, clock, hasher, audit, metrics }),
    sessions,
    tickets: new Tickets(),
    tokens,
    commands,
    approvals,
    queries,
    vips: desk,
    history,
    logs,
    traffic,
    alive,
    stop: async () => {
      queries.stop();
      metrics.stop();
      traffic.stop();
      await desk.stop();
      await history.stop();
      await logs.stop();
      await approvals.stop();
      await commands.stop();
    },
  };
}

async function aliveOf(
  ids: readonly string[],
  sessions: Sessions,
  tokens: ApiTokens,
): Promise<ReadonlyMap<string, SignedIn>> {
  const people = await sessions.alive(ids.filter((id) => !isTokenSession(id)));
  const machines = await tokens.alive(ids.filter(isTokenSession));
  return new Map([...people, ...machines]);
}
