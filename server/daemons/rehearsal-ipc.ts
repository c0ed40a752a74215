/**
 * Messages between the supervisor of a demo cluster and its dashboard, over Node's channel between parent and child
 * (R22). Each side parses what it hears; what does not fit is ignored.
 */

import * as z from 'zod/mini';
import { accountCreateRequest, rehearsalRequest } from '../wire/http.ts';
import { rehearsalRow } from '../wire/live.ts';

/** Supervisor to dashboard. */
export const toDashboard = z.discriminatedUnion('type', [
  /** All processes, whenever one changed, and once at the start. */
  z.object({ type: z.literal('rehearsalState'), rows: z.array(rehearsalRow).check(z.maxLength(1_000)) }),
  /** Demo accounts, once and first of all; the dashboard waits for it before it listens. */
  z.object({ type: z.literal('accounts'), accounts: z.array(accountCreateRequest).check(z.maxLength(100)) }),
  /** Answer to `rehearsal`. `detail` is one line for people, empty when done. */
  z.object({ type: z.literal('rehearsalDone'), id: z.string(), ok: z.boolean(), detail: z.string() }),
]);
export type ToDashboard = z.infer<typeof toDashboard>;

/** Dashboard to supervisor. */
export const toSupervisor = z.discriminatedUnion('type', [
  /** Pages and API are served. Being joined to the bus is what `/readyz` says. */
  z.object({ type: z.literal('ready'), url: z.string() }),
  /** There is no account: whoever has this code makes the first one. */
  z.object({ type: z.literal('setupCode'), code: z.string() }),
  z.extend(rehearsalRequest, { type: z.literal('rehearsal'), id: z.string() }),
]);
export type ToSupervisor = z.infer<typeof toSupervisor>;
