/** What routes share: the services of one gateway and the type of its Fastify instance. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock, Logger } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import type { BusFigures } from '../wire/bus.ts';
import type { Accounts } from './accounts.ts';
import { ApiProblem } from './api-problem.ts';
import type { ApiTokens } from './api-tokens.ts';
import type { Approvals } from './approvals.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import type { Rule } from './authorisation.ts';
import type { Commands } from './commands.ts';
import type { LogDesk } from './log-desk.ts';
import type { MemberQueries } from './member-queries.ts';
import type { Metrics } from './metrics.ts';
import type { GatewayOptions, Rehearsal } from './options.ts';
import type { Origins } from './origins.ts';
import type { Sessions, SignedIn } from './sessions.ts';
import type { Site } from './site.ts';
import type { Store } from './store-port.ts';
import type { Tickets } from './tickets.ts';
import type { TrafficHistory } from './traffic-history.ts';
import type { VipDesk } from './vip-desk.ts';
import type { VipHistory } from './vip-history.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export type HttpContext = {
  readonly options: GatewayOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: Observer;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly tokens: ApiTokens;
  readonly approvals: Approvals;
  readonly store: Store;
  readonly audit: AuditLog;
  readonly commands: Commands;
  readonly queries: MemberQueries;
  readonly vips: VipDesk;
  readonly history: VipHistory;
  readonly logs: LogDesk;
  readonly traffic: TrafficHistory;
  readonly metrics: Metrics;
  /** Of the bus, as of now. */
  readonly figures: () => BusFigures;
  readonly site: Site;
  readonly rehearsal: Rehearsal | undefined;
  /** Known once the port is. */
  readonly origins: () => Origins;
  readonly cookie: () => CookieForm;
  /** An account or a session changed: sockets are looked at now. */
  readonly sessionsChanged: () => void;
};

/** Browsers store a `Secure` cookie from plain http only for loopback, and not all of them do. */
export type CookieForm = { readonly name: string; readonly secure: boolean };

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: Rule;
  }
  interface FastifyRequest {
    signedIn: SignedIn | undefined;
  }
}

/** The caller of a route whose rule asks for one. */
export function callerOf(request: FastifyRequest): SignedIn {
  if (request.signedIn === undefined) throw new ApiProblem('unauthenticated', 'sign in first');
  return request.signedIn;
}

export function actorOf(request: FastifyRequest): Actor {
  const { name, role } = callerOf(request);
  return { name, role, sourceAddress: request.ip };
}
