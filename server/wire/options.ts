/**
 * What a cluster process tells about its options and its commands: every option of its scopes with the effective value
 * and where it comes from, and the grammar of its console. Asked over the bus (`query`), served by the gateway.
 */

import * as z from 'zod/mini';
import type { configStatus } from './config-status.ts';
import { commandClass } from './http.ts';

/** Options of one process in one answer; more are counted in `omitted`. */
export const OPTIONS_MAX = 4_096;
/** Scopes in the same answer; options of further ones are counted in `omitted`, too. */
export const SCOPES_MAX = 4_096;
/** Diagnostics of a failed reload that are kept; `errors` counts all. */
export const RELOAD_DIAGNOSTICS_MAX = 100;

const place = z.object({ file: z.string(), line: z.int(), column: z.int() });

/** Where an effective value comes from. */
export const optionOrigin = z.discriminatedUnion('kind', [
  /** Nothing set, nothing documented: the value is null. */
  z.object({ kind: z.literal('unset') }),
  z.object({ kind: z.literal('default') }),
  /** `scope`: the scope that sets it, `''` the global one; another one than the option's own by fallback (8.3). */
  z.object({ kind: z.literal('file'), scope: z.string(), ...place.shape }),
  /** Set at run time; `written` once `config writeback` put it into a file. */
  z.object({
    kind: z.literal('console'),
    scope: z.string(),
    user: z.string(),
    atMs: z.number(),
    written: z.boolean(),
  }),
]);

export const optionView = z.object({
  /** Documented spelling. */
  name: z.string(),
  type: z.string(),
  unit: z.nullable(z.string()),
  /** May change at run time. */
  dynamic: z.boolean(),
  /** Changed at run time, needs a restart to take effect. */
  restartNeeded: z.boolean(),
  default: z.nullable(z.array(z.string())),
  /** Where name and default are documented. */
  source: z.string(),
  /** The effective value, one text per element; null where there is none, and for a secret. */
  value: z.nullable(z.array(z.string())),
  secret: z.boolean(),
  origin: optionOrigin,
});

/** A scope of the configuration, or one with a table that is not configured. */
export const optionScopeView = z.object({
  /** As `config` takes it: `cluster Topology "10.1.1.0/24"`; empty for the global scope. */
  path: z.string(),
  configured: z.boolean(),
  options: z.array(optionView),
});

export const reloadView = z.object({
  ok: z.boolean(),
  atMs: z.number(),
  user: z.string(),
  errors: z.int(),
  warnings: z.int(),
  /** One text each, `file:line:column: message`; at most RELOAD_DIAGNOSTICS_MAX. */
  diagnostics: z.array(z.string()),
});
export type ReloadView = z.infer<typeof reloadView>;

/** The answer to the query `options`. */
export const optionsReply = z.object({
  /** Counts from 1 for each start of the process. */
  generation: z.int(),
  /** When this generation went live, on the clock of the process that says it. */
  sinceMs: z.number(),
  files: z.array(z.object({ path: z.string(), readonly: z.boolean() })),
  /** Changes by console that are in no file. */
  unsaved: z.int(),
  /** The last `config reload`; null when there was none. */
  lastReload: z.nullable(reloadView),
  /** What of the live options cannot be had, such as an endpoint that cannot be opened; whatever command set it. */
  notUsed: z.array(z.string()),
  scopes: z.array(optionScopeView),
  omitted: z.int(),
});
export type OptionsReply = z.infer<typeof optionsReply>;

/** GET /api/members/:id/options. Both moments on the gateway's clock; an answer may be a second old. */
export const memberOptionsReply = z.object({
  member: z.string(),
  askedMs: z.number(),
  answeredMs: z.number(),
  options: optionsReply,
});

/** The answer to the query `commands`: the grammar of the console that answers. */
export const commandsReply = z.object({
  commands: z.array(
    z.object({
      words: z.string(),
      usage: z.string(),
      help: z.string(),
      class: commandClass,
      parameters: z.array(
        z.object({ name: z.string(), optional: z.boolean(), choices: z.array(z.string()) }),
      ),
    }),
  ),
});
export type CommandsReply = z.infer<typeof commandsReply>;

/**
 * What can be asked. `options`: optionsReply; `commands`: commandsReply; `duravip`: nodeTableReply of `duravip.ts`, of
 * nodes only; `logReview`, `logTail`: logReviewReply and logTailReply of `logs.ts`, about what logReviewRequest and
 * logTailQuery say; `shared`: objectAnswer of `objects.ts` about what objectQuery says, of nodes only. All as JSON text;
 * whoever has no answer says so in a failed reply.
 */
export const QUERIES = ['options', 'commands', 'duravip', 'logReview', 'logTail', 'shared'] as const;
export type Query = (typeof QUERIES)[number];
/** JSON of what a question is about. */
export const QUERY_ABOUT_CHARACTERS_MAX = 4_096;

export type ConfigStatus = z.infer<typeof configStatus>;
