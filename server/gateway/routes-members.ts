/** What single members tell about themselves when they are asked: their options, and the grammar of their console. */

import * as z from 'zod/mini';
import { commandsReply, memberOptionsReply } from '../wire/options.ts';
import type { App, HttpContext } from './http-context.ts';

export const MEMBER_ID_CHARACTERS_MAX = 600;
const memberParams = z.object({ id: z.string().check(z.maxLength(MEMBER_ID_CHARACTERS_MAX)) });

export function addMemberRoutes(app: App, { queries }: HttpContext): void {
  app.get(
    '/api/members/:id/options',
    { schema: { params: memberParams, response: { 200: memberOptionsReply } } },
    async (request) => {
      const member = request.params.id;
      const { askedMs, answeredMs, value } = await queries.options(member);
      return { member, askedMs, answeredMs, options: value };
    },
  );

  app.get(
    '/api/members/:id/commands',
    { schema: { params: memberParams, response: { 200: commandsReply } } },
    async (request) => (await queries.commands(request.params.id)).value,
  );
}
