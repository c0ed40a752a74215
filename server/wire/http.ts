/**
 * The HTTP API between browser and gateway: request and reply shapes of every route, and the one error shape.
 * Writes carry the header `x-muster-csrf` (from GET /api/session); commands carry `idempotency-key` as well.
 */

import * as z from 'zod/mini';
import { ERROR_CODES } from './error-codes.ts';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export const role = z.enum(ROLES);

/** R: read. W1, W2: reversible, one or many objects. W3: hard to reverse. W4: cluster-breaking or unknown (R11). */
export const COMMAND_CLASSES = ['R', 'W1', 'W2', 'W3', 'W4'] as const;
export type CommandClass = (typeof COMMAND_CLASSES)[number];
export const commandClass = z.enum(COMMAND_CLASSES);

/** Who may send which class (R11). W3 and W4 also need the typed name. */
export const CLASS_ROLES: Readonly<Record<CommandClass, readonly Role[]>> = {
  R: ['viewer', 'operator', 'admin'],
  W1: ['operator', 'admin'],
  W2: ['operator', 'admin'],
  W3: ['admin'],
  W4: ['admin'],
};

/** Every non-2xx reply. `details` of `bad_request`: list of `{path, message}`, path as in `target.names.0`. */
export const apiError = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  details: z.optional(z.unknown()),
});
export type ApiError = z.infer<typeof apiError>;

/** Text within bounds of its length, both included. */
const text = (charactersMin: number, charactersMax: number) =>
  z.string().check(z.minLength(charactersMin), z.maxLength(charactersMax));
/** The same, counted without blanks at its ends, which go. */
const trimmed = (charactersMin: number, charactersMax: number) =>
  z.string().check(z.trim(), z.minLength(charactersMin), z.maxLength(charactersMax));
const integer = (least: number, greatest: number) => z.int().check(z.gte(least), z.lte(greatest));

const accountName = trimmed(1, 64).check(z.regex(/^[\p{L}\p{N}._@-]+$/u));
const password = text(12, 1_024);

/** GET /api/session: 200 also for nobody. */
export const sessionReply = z.object({
  account: z.nullable(z.object({ name: z.string(), role })),
  /** Present for a session; goes into the header `x-muster-csrf`. */
  csrf: z.nullable(z.string()),
  setupNeeded: z.boolean(),
  environment: z.object({
    name: z.string(),
    pattern: z.enum(['solid', 'diagonal', 'dotted']),
    colour: z.string(),
  }),
  clusterName: z.string(),
  build: z.string(),
  /** Demo only: the rehearsal panel exists. */
  rehearsal: z.boolean(),
});
/** POST /api/session. 401 `unauthenticated` with one text for every cause; 423 `locked` with `retryAfterMs`. */
export const signInRequest = z.object({ name: text(0, 256), password: text(0, 1_024) });
/** POST /api/setup, only while no account exists. */
export const setupRequest = z.object({ code: text(0, 128), name: accountName, password });
/** POST /api/live-ticket: one-time, 30 s, given to socket.io as `auth.ticket`. */
export const ticketReply = z.object({ ticket: z.string(), expiresInMs: z.number() });

export const commandTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('subcluster'), name: text(1, 255) }),
  z.object({
    kind: z.literal('nodes'),
    names: z.array(text(1, 255)).check(z.minLength(1), z.maxLength(256)),
  }),
]);
export type CommandTarget = z.infer<typeof commandTarget>;
export const COMMAND_CHARACTERS_MAX = 8_192;

/** POST /api/commands → 202 with the job. Refused with 503 `bus_down` while the gateway has no bus connection. */
export const commandRequest = z.object({
  command: trimmed(1, COMMAND_CHARACTERS_MAX),
  target: commandTarget,
  timeoutMs: z._default(integer(1_000, 120_000), 10_000),
  /** What `classify` asks for: W3 the object's name, or the target's; W4 the cluster's name. */
  typedName: z.optional(text(0, 255)),
  /** Needed for W4. */
  reason: z.optional(text(0, 1_000)),
});
/**
 * POST /api/commands/classify: a question that changes nothing, in a body because a command may hold a secret, which
 * must not stand in an address that proxies write down. All nodes without a target.
 */
export const classifyRequest = z.object({
  command: trimmed(1, COMMAND_CHARACTERS_MAX),
  target: z._default(commandTarget, { kind: 'all' }),
});
export const classifyReply = z.object({
  class: commandClass,
  known: z.boolean(),
  /** What must be typed to confirm; null for R, W1, W2. */
  typedName: z.nullable(z.string()),
  allowed: z.boolean(),
  /** Why not allowed; null when allowed. */
  reason: z.nullable(z.string()),
});

export const JOB_REPLY_STATES = ['asked', 'answered', 'silent', 'left', 'unknown'] as const;
/** One asked node. `silent`: no reply in time, or paused; a late reply turns it into `answered` with `late`. */
export const jobReply = z.object({
  node: z.string(),
  state: z.enum(JOB_REPLY_STATES),
  /** Milliseconds from sending to the last fragment; null until answered. */
  tookMs: z.nullable(z.number()),
  late: z.boolean(),
  ok: z.nullable(z.boolean()),
  /** UTF-8 bytes of the whole reply. */
  bytes: z.nullable(z.number()),
  /** Hash of the normalised text (line ends, trailing blanks); equal replies have equal hashes. */
  hash: z.nullable(z.string()),
  /** At most JOB_TEXT_VIEW_CHARACTERS; null until answered. */
  text: z.nullable(z.string()),
  truncated: z.boolean(),
});
export const JOB_TEXT_VIEW_CHARACTERS = 65_536;

export const job = z.object({
  id: z.string(),
  command: z.string(),
  /** A secret in the command was left out: it is not the one that ran, and cannot be sent again. */
  redacted: z._default(z.boolean(), false),
  class: commandClass,
  target: commandTarget,
  actor: z.string(),
  sentMs: z.number(),
  timeoutMs: z.number(),
  /** `running` until all asked nodes answered, left, or the time is over. */
  state: z.enum(['running', 'done', 'unknown']),
  replies: z.array(jobReply),
});
export type Job = z.infer<typeof job>;
export type JobReply = z.infer<typeof jobReply>;

/**
 * GET /api/jobs?limit=&q=&before=: newest first, without texts; `q` is part of the command without regard to case,
 * `before` the id of a job. Secrets in commands are left out as `***`.
 * GET /api/jobs/:id. GET /api/jobs/:id/replies/:node: whole text.
 */
export const jobListReply = z.object({ jobs: z.array(job) });

export const auditRecord = z.object({
  id: z.int(),
  atMs: z.number(),
  actor: z.string(),
  role: z.string(),
  sourceAddress: z.string(),
  /** `command`, `approval`, `signIn`, `signOut`, `setup`, `account`, `token`, `rehearsal`, `access`, … */
  action: z.string(),
  class: z.nullable(commandClass),
  command: z.nullable(z.string()),
  targets: z.array(z.string()),
  /** `pending` was written before sending and is completed after; a crash in between leaves it `pending`. */
  result: z.enum(['pending', 'done', 'partly', 'refused', 'failed', 'unknown']),
  detail: z.string(),
  perNode: z.record(z.string(), z.string()),
  completedMs: z.nullable(z.number()),
  job: z.nullable(z.string()),
  /** The second person, for a command that the actor alone may not send; records of before have none. */
  approvedBy: z._default(z.nullable(z.string()), null),
  hash: z.string(),
});
export type AuditRecord = z.infer<typeof auditRecord>;
/** GET /api/audit?before=&limit=: admins see all, others their own. */
export const auditReply = z.object({ records: z.array(auditRecord), chainOk: z.boolean() });

/** GET, POST /api/accounts; PATCH, DELETE /api/accounts/:name. Admin only. */
export const account = z.object({
  name: z.string(),
  role,
  createdMs: z.number(),
  lastSignInMs: z.nullable(z.number()),
});
export const accountListReply = z.object({ accounts: z.array(account) });
export const accountCreateRequest = z.object({ name: accountName, password, role });
export const accountChangeRequest = z.object({ role: z.optional(role), password: z.optional(password) });

/** DELETE /api/members/:id dismisses a departed member (admin). */

/**
 * API tokens (ui.md 3.4): `muster_…` in `authorization: bearer`, shown once, kept as hash. GET, POST /api/tokens;
 * DELETE /api/tokens/:id. Admin only. A bad token of any kind gets one and the same 401, and an audit record.
 */
export const TOKEN_SCOPES = ['read', 'command', 'admin'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];
export const TOKEN_DAYS_MAX = 366;
export const apiToken = z.object({
  id: z.string(),
  /** The first characters of the token, to find it again; not secret. */
  prefix: z.string(),
  label: z.string(),
  /** `read`: reads and commands of class R. `command`: W1 and W2 as well. `admin`: all that an admin may. */
  scope: z.enum(TOKEN_SCOPES),
  /** Commands only to these subclusters; empty for all. */
  subclusters: z.array(z.string()),
  /** Source networks; empty for any. */
  networks: z.array(z.string()),
  createdBy: z.string(),
  createdMs: z.number(),
  expiresMs: z.number(),
  revokedMs: z.nullable(z.number()),
  lastUsedMs: z.nullable(z.number()),
  lastUsedFrom: z.nullable(z.string()),
});
export type ApiToken = z.infer<typeof apiToken>;
export const tokenListReply = z.object({ tokens: z.array(apiToken) });
export const tokenCreateRequest = z.object({
  label: trimmed(1, 100),
  scope: z.enum(TOKEN_SCOPES),
  subclusters: z._default(z.array(text(1, 255)).check(z.maxLength(64)), []),
  /** CIDR, IPv4 or IPv6. */
  networks: z._default(z.array(text(1, 64)).check(z.maxLength(64)), []),
  days: z._default(integer(1, TOKEN_DAYS_MAX), 90),
});
/** The only reply that ever holds the secret. */
export const tokenCreateReply = z.object({ token: apiToken, secret: z.string() });

/**
 * Approvals (ui.md 3.5): an operator may ask for a command of class W3 or W4; an admin who is not the requester
 * approves, which sends it, or denies. GET, POST /api/approvals; POST /api/approvals/:id/approve, …/deny.
 */
export const approval = z.object({
  id: z.string(),
  command: z.string(),
  class: commandClass,
  target: commandTarget,
  /** The nodes that the target meant when it was asked for, and means now; a difference voids the request. */
  nodesThen: z.array(z.string()),
  nodesNow: z.nullable(z.array(z.string())),
  reason: z.string(),
  requestedBy: z.string(),
  requestedMs: z.number(),
  /** Approve by; after it the state is `expired`. */
  expiresMs: z.number(),
  state: z.enum(['waiting', 'approved', 'denied', 'expired', 'void']),
  decidedBy: z.nullable(z.string()),
  decidedMs: z.nullable(z.number()),
  note: z.string(),
  job: z.nullable(z.string()),
});
export type Approval = z.infer<typeof approval>;
export const APPROVAL_EXPIRES_MS = 30 * 60_000;
/** Newest first: admins see all, others their own. `waiting`: for how many the caller may decide. */
export const approvalListReply = z.object({ approvals: z.array(approval), waiting: z.int() });
export const approvalRequest = z.object({
  command: trimmed(1, COMMAND_CHARACTERS_MAX),
  target: commandTarget,
  timeoutMs: z._default(integer(1_000, 120_000), 10_000),
  reason: trimmed(1, 1_000),
});
/** `typedName` as for a command of its class. */
export const approvalDecision = z.object({
  note: z._default(text(0, 1_000), ''),
  typedName: z.optional(text(0, 255)),
});

/** Saved commands of an account, or shared by it. GET, POST /api/saved-commands; DELETE /api/saved-commands/:id. */
export const savedCommand = z.object({
  id: z.string(),
  label: z.string(),
  command: z.string(),
  target: commandTarget,
  shared: z.boolean(),
  owner: z.string(),
  createdMs: z.number(),
});
export type SavedCommand = z.infer<typeof savedCommand>;
export const SAVED_COMMANDS_MAX = 200;
export const savedCommandListReply = z.object({ saved: z.array(savedCommand) });
export const savedCommandRequest = z.object({
  label: trimmed(1, 100),
  command: trimmed(1, COMMAND_CHARACTERS_MAX),
  target: commandTarget,
  shared: z._default(z.boolean(), false),
});

/** GET, PUT /api/preferences: of the account, every role. Defaults where nothing was chosen. */
export const preferences = z.object({
  /** `browser`, `UTC`, or an IANA name. */
  zone: z._default(text(0, 64), 'browser'),
  /** What live regions say (ui.md 2.9). */
  announcements: z._default(z.enum(['none', 'important', 'all']), 'important'),
  density: z._default(z.enum(['compact', 'normal', 'roomy']), 'normal'),
  /** Single-key shortcuts; WCAG 2.1.4. */
  shortcuts: z._default(z.boolean(), true),
});
export type Preferences = z.infer<typeof preferences>;

/**
 * GET /api/members/:id/options → memberOptionsReply, GET /api/members/:id/commands → commandsReply of options.ts.
 * Asked of the process itself, one question at a time per process, kept for a second. 404 `not_found`: no such
 * member; 503 `bus_down`: not asked; 504 `no_answer`: asked, and silent.
 */

/** POST /api/rehearsal, demo only, role operator (R22). */
export const rehearsalRequest = z.object({
  process: text(0, 64),
  action: z.enum(['kill', 'restart', 'pause', 'resume']),
});
/** POST /api/telemetry: event-to-paint samples for /metrics. */
export const telemetryRequest = z.object({
  eventToPaintMs: z.array(z.number().check(z.gte(0), z.lte(600_000))).check(z.maxLength(200)),
});
