/** Pauses of alerts about logs as rows: each one JSON, read back through its schema. */

import type { Kysely } from 'kysely';
import type { LogStore } from '../gateway/store-port.ts';
import { type LogPauseRow, logPauseRow } from '../wire/logs.ts';
import type { Tables } from './sql-schema.ts';

export class SqlLogs implements LogStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async pauses(): Promise<readonly LogPauseRow[]> {
    const rows = await this.#db.selectFrom('log_pause').select('content').orderBy('id').execute();
    return rows
      .map(({ content }) => logPauseRow.safeParse(JSON.parse(content)).data)
      .filter((found) => found !== undefined);
  }

  async savePause(pause: LogPauseRow): Promise<void> {
    const content = JSON.stringify(pause);
    await this.#db
      .insertInto('log_pause')
      .values({ id: pause.id, content })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ content }))
      .execute();
  }

  async dropPause(id: string): Promise<void> {
    await this.#db.deleteFrom('log_pause').where('id', '=', id).execute();
  }
}
