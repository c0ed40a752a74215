/** Operations on DuraVIPs and the history of ownership as rows. Decides nothing but what is kept. */

import type { Kysely, Selectable } from 'kysely';
import * as z from 'zod/mini';
import type { BlindInterval, OwnershipEvent, VipStore } from '../gateway/store-port.ts';
import type { KeptOperation } from '../gateway/vip-operation.ts';
import { operationRow, ownerCause } from '../wire/duravip.ts';
import type { Tables, VipOwnerTable } from './sql-schema.ts';

/** Rows of one statement: SQLite binds at most 32,766 values. */
const ROWS_IN_ONE_STATEMENT_MAX = 500;
/** Blind intervals kept; more than one in an hour for a month is no history any more. */
const BLIND_KEPT_MAX = 1_000;

const inverse = z.object({
  command: z.string(),
  address: z.nullable(z.string()),
  to: z.nullable(z.string()),
  holder: z.nullable(z.string()),
});
const keptOperation = z.object({
  id: z.string(),
  kind: operationRow.shape.kind,
  of: z.nullable(z.string()),
  node: z.nullable(z.string()),
  actor: z.string(),
  reason: z.string(),
  createdMs: z.number(),
  inverses: z.array(inverse),
  undoUntilMs: z.nullable(z.number()),
  sender: z.object({ account: z.string(), sourceAddress: z.string(), token: z.nullable(z.string()) }),
  key: z.string(),
  bodyHash: z.string(),
  row: operationRow,
  goals: z.array(z.enum(['owned', 'away', 'unpinned'])),
});
const names = z.array(z.string());

export class SqlVips implements VipStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async operations(limit: number): Promise<readonly KeptOperation[]> {
    const rows = await this.#db
      .selectFrom('vip_operation')
      .select('content')
      .orderBy('position', 'desc')
      .limit(limit)
      .execute();
    return rows
      .reverse()
      .map(({ content }) => keptOperation.safeParse(JSON.parse(content)).data)
      .filter((found) => found !== undefined);
  }

  async saveOperation(operation: KeptOperation): Promise<void> {
    const content = JSON.stringify(operation);
    await this.#db
      .insertInto('vip_operation')
      .values({ id: operation.id, content })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ content }))
      .execute();
  }

  async dropOperation(id: string): Promise<void> {
    await this.#db.deleteFrom('vip_operation').where('id', '=', id).execute();
  }

  async addEvents(events: readonly OwnershipEvent[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const some of batches(events)) {
        const rows = some.map(({ atMs, address, owner, cause, by, claims }) => {
          return { at_ms: atMs, address, owner, cause, by_whom: by, claims: JSON.stringify(claims) };
        });
        await tx.insertInto('vip_owner').values(rows).execute();
      }
    });
  }

  async events(ask: {
    readonly addresses: readonly string[];
    readonly fromMs: number;
    readonly toMs: number;
    readonly limit: number;
  }): Promise<readonly OwnershipEvent[]> {
    const found: Selectable<VipOwnerTable>[] = [];
    for (const addresses of batches(ask.addresses)) {
      const within = this.#db.selectFrom('vip_owner').selectAll().where('address', 'in', addresses);
      const rows = await within
        .where('at_ms', '>', ask.fromMs)
        .where('at_ms', '<=', ask.toMs)
        .orderBy('seq', 'desc')
        .limit(ask.limit)
        .execute();
      found.push(...(await this.#lastAt(ask.fromMs, addresses)), ...rows);
    }
    return found.sort((a, b) => a.seq - b.seq).map(eventOf);
  }

  async eventsAt(atMs: number): Promise<readonly OwnershipEvent[]> {
    return (await this.#lastAt(atMs, undefined)).map(eventOf);
  }

  async blind(fromMs: number, toMs: number): Promise<readonly BlindInterval[]> {
    const rows = await this.#db
      .selectFrom('vip_blind')
      .selectAll()
      .where('from_ms', '<=', toMs)
      .where((where) => where.or([where('to_ms', 'is', null), where('to_ms', '>=', fromMs)]))
      .orderBy('position')
      .execute();
    return rows.map((row) => ({
      fromMs: Number(row.from_ms),
      toMs: row.to_ms === null ? null : Number(row.to_ms),
    }));
  }

  async beginBlind(fromMs: number): Promise<void> {
    await this.#db.insertInto('vip_blind').values({ from_ms: fromMs, to_ms: null }).execute();
  }

  async endBlind(toMs: number): Promise<void> {
    await this.#db.updateTable('vip_blind').set({ to_ms: toMs }).where('to_ms', 'is', null).execute();
  }

  async markSeen(atMs: number): Promise<void> {
    await this.#db
      .insertInto('vip_moment')
      .values({ name: 'seen', at_ms: atMs })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ at_ms: atMs }))
      .execute();
  }

  async seenMs(): Promise<number | undefined> {
    return await this.#moment('seen');
  }

  async keptSinceMs(): Promise<number | undefined> {
    const dropped = await this.#moment('dropped');
    if (dropped !== undefined) return dropped;
    const { first } = await this.#db
      .selectFrom('vip_owner')
      .select((all) => all.fn.min('at_ms').as('first'))
      .executeTakeFirstOrThrow();
    return first === null ? undefined : Number(first);
  }

  async dropEvents(beforeMs: number, keptMax: number): Promise<void> {
    const over = await this.#db
      .selectFrom('vip_owner')
      .select('at_ms')
      .orderBy('at_ms', 'desc')
      .offset(keptMax)
      .limit(1)
      .executeTakeFirst();
    const horizonMs = Math.max(beforeMs, over === undefined ? beforeMs : Number(over.at_ms) + 1);
    await this.#db.transaction().execute(async (tx) => {
      const last = tx
        .selectFrom('vip_owner')
        .select((all) => all.fn.max('seq').as('seq'))
        .where('at_ms', '<', horizonMs)
        .groupBy('address');
      const { numDeletedRows } = await tx
        .deleteFrom('vip_owner')
        .where('at_ms', '<', horizonMs)
        .where((where) => where.or([where('seq', 'not in', last), where('owner', 'is', null)]))
        .executeTakeFirst();
      await tx.deleteFrom('vip_blind').where('to_ms', '<', horizonMs).execute();
      const oldest = tx
        .selectFrom('vip_blind')
        .select('position')
        .orderBy('position', 'desc')
        .limit(BLIND_KEPT_MAX);
      await tx.deleteFrom('vip_blind').where('position', 'not in', oldest).execute();
      if (numDeletedRows === 0n) return;
      await tx
        .insertInto('vip_moment')
        .values({ name: 'dropped', at_ms: horizonMs })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ at_ms: horizonMs }))
        .execute();
    });
  }

  async #moment(name: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('vip_moment')
      .select('at_ms')
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? undefined : Number(row.at_ms);
  }

  /** Of these addresses, or of all. */
  async #lastAt(
    atMs: number,
    addresses: readonly string[] | undefined,
  ): Promise<Selectable<VipOwnerTable>[]> {
    let last = this.#db
      .selectFrom('vip_owner')
      .select((all) => all.fn.max('seq').as('seq'))
      .where('at_ms', '<=', atMs)
      .groupBy('address');
    if (addresses !== undefined) last = last.where('address', 'in', addresses);
    return await this.#db.selectFrom('vip_owner').selectAll().where('seq', 'in', last).execute();
  }
}

function batches<T>(all: readonly T[]): readonly T[][] {
  const count = Math.ceil(all.length / ROWS_IN_ONE_STATEMENT_MAX);
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * ROWS_IN_ONE_STATEMENT_MAX, (index + 1) * ROWS_IN_ONE_STATEMENT_MAX),
  );
}

function eventOf(row: Selectable<VipOwnerTable>): OwnershipEvent {
  return {
    address: row.address,
    atMs: Number(row.at_ms),
    owner: row.owner,
    cause: ownerCause.safeParse(row.cause).data ?? null,
    by: row.by_whom,
    claims: names.parse(JSON.parse(row.claims)),
  };
}
