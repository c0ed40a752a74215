/** Approvals, saved commands and preferences as rows: each one JSON, read back through its schema. */

import type { Kysely } from 'kysely';
import * as z from 'zod/mini';
import type { DeskStore, StoredApproval } from '../gateway/store-port.ts';
import {
  approval,
  type Preferences,
  preferences as preferencesSchema,
  type SavedCommand,
  savedCommand as savedSchema,
} from '../wire/http.ts';
import type { Tables } from './sql-schema.ts';

const storedApproval = z.extend(z.omit(approval, { nodesNow: true }), {
  timeoutMs: z.number(),
  requestedFrom: z.string(),
  redacted: z.boolean(),
});

type Owned = SavedCommand & { readonly account: string };

export class SqlDesk implements DeskStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async approvals(): Promise<readonly StoredApproval[]> {
    const rows = await this.#db.selectFrom('approval').select('content').orderBy('position').execute();
    return rows
      .map(({ content }) => storedApproval.safeParse(JSON.parse(content)).data)
      .filter((found) => found !== undefined);
  }

  async saveApproval(given: StoredApproval): Promise<void> {
    const content = JSON.stringify(given);
    await this.#db
      .insertInto('approval')
      .values({ id: given.id, content })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ content }))
      .execute();
  }

  async dropApproval(id: string): Promise<void> {
    await this.#db.deleteFrom('approval').where('id', '=', id).execute();
  }

  async savedCommands(account: string): Promise<readonly Owned[]> {
    const rows = await this.#db
      .selectFrom('saved_command')
      .selectAll()
      .where((where) => where.or([where('account', '=', account), where('shared', '=', 1)]))
      .orderBy('position')
      .execute();
    return rows.map(ownedOf).filter((found) => found !== undefined);
  }

  async savedCommand(id: string): Promise<Owned | undefined> {
    const row = await this.#db
      .selectFrom('saved_command')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : ownedOf(row);
  }

  async saveCommand(account: string, saved: SavedCommand, ownMax: number): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      const { count } = await tx
        .selectFrom('saved_command')
        .select((all) => all.fn.countAll<number>().as('count'))
        .where('account', '=', account)
        .executeTakeFirstOrThrow();
      if (Number(count) >= ownMax) return false;
      const row = { id: saved.id, account, shared: saved.shared ? 1 : 0, content: JSON.stringify(saved) };
      await tx.insertInto('saved_command').values(row).execute();
      return true;
    });
  }

  async dropSavedCommand(id: string): Promise<void> {
    await this.#db.deleteFrom('saved_command').where('id', '=', id).execute();
  }

  async preferences(account: string): Promise<Preferences | undefined> {
    const row = await this.#db
      .selectFrom('preference')
      .select('content')
      .where('account', '=', account)
      .executeTakeFirst();
    return row === undefined ? undefined : preferencesSchema.safeParse(JSON.parse(row.content)).data;
  }

  async savePreferences(account: string, chosen: Preferences): Promise<void> {
    const content = JSON.stringify(chosen);
    await this.#db
      .insertInto('preference')
      .values({ account, content })
      .onConflict((conflict) => conflict.column('account').doUpdateSet({ content }))
      .execute();
  }
}

function ownedOf(row: { readonly account: string; readonly content: string }): Owned | undefined {
  const parsed = savedSchema.safeParse(JSON.parse(row.content));
  return parsed.success ? { ...parsed.data, account: row.account } : undefined;
}
