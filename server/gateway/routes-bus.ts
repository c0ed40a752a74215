/** What the servers of the bus say of their links, views and groups, for scripts. Pages get it over the live socket. */

import { busFigures } from '../wire/bus.ts';
import type { App, HttpContext } from './http-context.ts';

export function addBusRoutes(app: App, { figures }: HttpContext): void {
  app.get('/api/bus', { schema: { response: { 200: busFigures } } }, async () => figures());
}
