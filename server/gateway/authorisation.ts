/**
 * The one table of who may do what: every HTTP route and every socket event. A route that is not in the table cannot
 * be registered. Pure; what a command's class allows is CLASS_ROLES of the wire.
 */

import { CLASS_ROLES, type CommandClass, type Job, ROLES, type Role } from '../wire/http.ts';
import type { SignedIn } from './sessions.ts';

export type Rule = {
  /** `anyone`: also without a session. */
  readonly roles: readonly Role[] | 'anyone';
  /** The header `x-muster-csrf` is needed. False only where no session exists yet, and for reads. */
  readonly csrf: boolean;
  /** Open to API tokens as well, by the role that their scope stands for. False where a person is meant. */
  readonly tokens: boolean;
  /** Counts as a person's activity for the idle time of the session. */
  readonly activity: boolean;
};

/** Commands that a second person can approve (CN-6). */
export const APPROVAL_CLASSES: readonly CommandClass[] = ['W3', 'W4'];

export type Caller = { readonly name: string; readonly role: Role };

const read = (roles: Rule['roles']): Rule => {
  return { roles, csrf: false, tokens: true, activity: roles !== 'anyone' };
};
const write = (roles: Rule['roles']): Rule => ({ roles, csrf: true, tokens: true, activity: true });
const byPerson = (rule: Rule): Rule => ({ ...rule, tokens: false });
/** Read again by pages on their own; must not keep an abandoned session alive either. */
const polled = (roles: Rule['roles']): Rule => ({ ...read(roles), activity: false });
/** Sent by pages on their own; must not keep an abandoned session alive. */
const background: Rule = { roles: ROLES, csrf: true, tokens: true, activity: false };
const beforeSession: Rule = { roles: 'anyone', csrf: false, tokens: false, activity: false };
const OPERATORS: readonly Role[] = ['operator', 'admin'];
const ADMINS: readonly Role[] = ['admin'];

export const ROUTE_RULES: Readonly<Record<string, Rule>> = {
  'GET /*': read('anyone'),
  'GET /livez': read('anyone'),
  'GET /readyz': read('anyone'),
  /** Loopback or bearer token (R23), checked by the route. */
  'GET /metrics': read('anyone'),
  'GET /api/openapi.json': read(ROLES),
  'GET /api/session': read('anyone'),
  'POST /api/session': beforeSession,
  'DELETE /api/session': byPerson(write(ROLES)),
  'POST /api/setup': beforeSession,
  'POST /api/live-ticket': background,
  'POST /api/telemetry': byPerson(background),
  'POST /api/commands/classify': write(ROLES),
  'POST /api/commands': write(ROLES),
  'GET /api/jobs': read(ROLES),
  'GET /api/jobs/:id': read(ROLES),
  'GET /api/jobs/:id/replies/:node': read(ROLES),
  'GET /api/approvals': polled(OPERATORS),
  'POST /api/approvals': byPerson(write(OPERATORS)),
  'POST /api/approvals/:id/approve': byPerson(write(ADMINS)),
  'POST /api/approvals/:id/deny': byPerson(write(ADMINS)),
  /** Of the account, which a token is not. */
  'GET /api/saved-commands': byPerson(read(ROLES)),
  'POST /api/saved-commands': byPerson(write(ROLES)),
  'DELETE /api/saved-commands/:id': byPerson(write(ROLES)),
  'GET /api/preferences': byPerson(read(ROLES)),
  'PUT /api/preferences': byPerson(write(ROLES)),
  'GET /api/audit': read(ROLES),
  'GET /api/accounts': read(ADMINS),
  /** As for tokens: an account that a token made or took over would outlive it. */
  'POST /api/accounts': byPerson(write(ADMINS)),
  'PATCH /api/accounts/:name': byPerson(write(ADMINS)),
  'DELETE /api/accounts/:name': write(ADMINS),
  'GET /api/tokens': read(ADMINS),
  /** A token that could make tokens would outlive its own end. */
  'POST /api/tokens': byPerson(write(ADMINS)),
  'DELETE /api/tokens/:id': write(ADMINS),
  'GET /api/members/:id/options': polled(ROLES),
  'GET /api/members/:id/commands': read(ROLES),
  'DELETE /api/members/:id': write(ADMINS),
  'GET /api/bus': read(ROLES),
  'POST /api/rehearsal': write(OPERATORS),
  /** The class of the command counts as well. */
  'POST /api/duravip/moves': write(OPERATORS),
  'POST /api/duravip/drains': write(OPERATORS),
  'POST /api/duravip/unpins': write(OPERATORS),
  'POST /api/duravip/announcements': write(OPERATORS),
  /** Questions that change nothing, in a body because of their size. */
  'POST /api/duravip/whatif': background,
  'POST /api/duravip/history': background,
  'GET /api/duravip/at': polled(ROLES),
  'GET /api/duravip/nodes/:node/table': polled(ROLES),
  'GET /api/duravip/operations/:id': polled(ROLES),
  'POST /api/duravip/operations/:id/undo': write(OPERATORS),
  'POST /api/duravip/operations/:id/retry': write(OPERATORS),
  'POST /api/duravip/operations/:id/keep': write(OPERATORS),
  /** A question that changes nothing, in a body as it has parts. */
  'POST /api/logs/review': background,
  'GET /api/logs/tail': polled(OPERATORS),
  'GET /api/logs/history': polled(ROLES),
  'PUT /api/logs/pauses': write(OPERATORS),
  'DELETE /api/logs/pauses': write(OPERATORS),
  /** As above; texts of caches are for operators, checked by the route. */
  'POST /api/objects/query': background,
  'GET /api/traffic': polled(ROLES),
};

/** Events that a client may send. Each is checked again when it comes, not only when the socket connects. */
export const SOCKET_RULES = {
  resync: ROLES,
  watchJob: ROLES,
  unwatchJob: ROLES,
  watchBus: ROLES,
  unwatchBus: ROLES,
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type SocketEvent = keyof typeof SOCKET_RULES;

/** HEAD asks for what GET would give. */
export function ruleOf(method: string, path: string): Rule | undefined {
  return ROUTE_RULES[`${method === 'HEAD' ? 'GET' : method} ${path}`];
}

export type Decision = 'allow' | 'unauthenticated' | 'forbidden';

/** @param role undefined without a session. */
export function decide(roles: Rule['roles'], role: Role | undefined): Decision {
  if (roles === 'anyone') return 'allow';
  if (role === undefined) return 'unauthenticated';
  return roles.includes(role) ? 'allow' : 'forbidden';
}

export function maySend(commandClass: CommandClass, role: Role): boolean {
  return CLASS_ROLES[commandClass].includes(role);
}

/** An approval is for what an operator alone may not send; machines do not ask for it. */
export function mayAskApproval(commandClass: CommandClass, caller: SignedIn): boolean {
  return (
    APPROVAL_CLASSES.includes(commandClass) && OPERATORS.includes(caller.role) && caller.token === undefined
  );
}

/** Answers to reads are open to all who are signed in; answers to writes to their author and to admins. */
export function mayReadJob(job: Pick<Job, 'class' | 'actor'>, caller: Caller): boolean {
  return job.class === 'R' || caller.role === 'admin' || job.actor === caller.name;
}
