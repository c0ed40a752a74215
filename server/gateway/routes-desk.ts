/** What an account keeps on its desk: saved commands, own and shared ones, and preferences. */

import * as z from 'zod/mini';
import {
  preferences,
  SAVED_COMMANDS_MAX,
  type SavedCommand,
  savedCommand,
  savedCommandListReply,
  savedCommandRequest,
} from '../wire/http.ts';
import { ApiProblem, badField } from './api-problem.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { redactCommand } from './redaction.ts';
import { newId } from './secrets.ts';

/** Commands in one list: an account's own, and the oldest shared ones. */
export const SAVED_COMMANDS_SHOWN_MAX = 1_000;
/** Of the shared ones of others, as JSON. */
export const SHARED_CHARACTERS_SHOWN_MAX = 1_048_576;
const savedParams = z.object({ id: z.string().check(z.maxLength(64)) });

export function addDeskRoutes(app: App, context: HttpContext): void {
  const { clock, audit } = context;
  const { desk } = context.store;

  app.get(
    '/api/saved-commands',
    { schema: { response: { 200: savedCommandListReply } } },
    async (request) => {
      const { account } = callerOf(request);
      const found = await desk.savedCommands(account);
      const own = found.filter((saved) => saved.account === account);
      const others = found.filter((saved) => saved.account !== account);
      return { saved: [...own, ...withinBound(others)].slice(0, SAVED_COMMANDS_SHOWN_MAX) };
    },
  );

  app.post(
    '/api/saved-commands',
    { schema: { body: savedCommandRequest, response: { 201: savedCommand } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const saved: SavedCommand = {
        ...request.body,
        id: newId(),
        command: redactCommand(request.body.command),
        owner: caller.name,
        createdMs: clock.wallMs(),
      };
      if (!(await desk.saveCommand(caller.account, saved, SAVED_COMMANDS_MAX))) {
        throw new ApiProblem(
          'conflict',
          `an account saves ${SAVED_COMMANDS_MAX} commands: remove some first`,
        );
      }
      return await reply.code(201).send(saved);
    },
  );

  app.delete('/api/saved-commands/:id', { schema: { params: savedParams } }, async (request, reply) => {
    const caller = callerOf(request);
    const saved = await desk.savedCommand(request.params.id);
    const visible = saved !== undefined && (saved.shared || saved.account === caller.account);
    if (!visible) throw new ApiProblem('not_found', 'there is no such saved command');
    if (saved.account !== caller.account && caller.role !== 'admin') {
      throw new ApiProblem('forbidden', `only ${saved.owner} and admins may remove it`);
    }
    if (saved.account !== caller.account) {
      const detail = `remove "${saved.label}" of ${saved.owner}`;
      await audit.record({ actor: actorOf(request), action: 'savedCommand', result: 'done', detail });
    }
    await desk.dropSavedCommand(saved.id);
    return await reply.code(204).send();
  });

  app.get('/api/preferences', { schema: { response: { 200: preferences } } }, async (request) => {
    return (await desk.preferences(callerOf(request).account)) ?? preferences.parse({});
  });

  app.put(
    '/api/preferences',
    { schema: { body: preferences, response: { 200: preferences } } },
    async (request) => {
      if (!isZone(request.body.zone)) throw badField('zone', 'is neither browser nor a known time zone');
      await desk.savePreferences(callerOf(request).account, request.body);
      return request.body;
    },
  );
}

/** The oldest ones: what others share must not make the list of everybody slow. */
function withinBound(shared: readonly SavedCommand[]): readonly SavedCommand[] {
  let characters = 0;
  return shared.filter((saved) => {
    characters += JSON.stringify(saved).length;
    return characters <= SHARED_CHARACTERS_SHOWN_MAX;
  });
}

/** As far as this runtime knows the IANA names. */
function isZone(zone: string): boolean {
  if (zone === 'browser') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // RangeError is how Intl refuses a name
  }
}
