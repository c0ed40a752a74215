/** API tokens as rows. Counts and drops; what a token allows is decided elsewhere. */

import type { Kysely, Selectable, Transaction } from 'kysely';
import * as z from 'zod/mini';
import type { StoredToken, TokenStore } from '../gateway/store-port.ts';
import { apiToken } from '../wire/http.ts';
import type { Tables, TokenTable } from './sql-schema.ts';

const fixed = z.pick(apiToken, {
  prefix: true,
  label: true,
  scope: true,
  subclusters: true,
  networks: true,
  createdBy: true,
});

export class SqlTokens implements TokenStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async all(): Promise<readonly StoredToken[]> {
    const rows = await this.#db.selectFrom('token').selectAll().orderBy('created_ms', 'desc').execute();
    return rows.map(tokenOf);
  }

  async some(ids: readonly string[]): Promise<readonly StoredToken[]> {
    if (ids.length === 0) return [];
    return (await this.#db.selectFrom('token').selectAll().where('id', 'in', ids).execute()).map(tokenOf);
  }

  async create(token: StoredToken, liveMax: number, nowMs: number): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      if ((await liveCount(tx, nowMs)) >= liveMax) return false;
      await tx.insertInto('token').values(rowOf(token)).execute();
      return true;
    });
  }

  async revoke(id: string, atMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('token')
      .set({ revoked_ms: atMs })
      .where('id', '=', id)
      .where('revoked_ms', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async used(id: string, atMs: number, from: string): Promise<void> {
    const use = { last_used_ms: atMs, last_used_from: from };
    await this.#db.updateTable('token').set(use).where('id', '=', id).execute();
  }

  async dropEnded(beforeMs: number, keptMax: number, nowMs: number): Promise<void> {
    const rows = (await this.#db.selectFrom('token').selectAll().execute()).map(tokenOf);
    const ended = rows
      .map(({ id, revokedMs, expiresMs }) => ({ id, endedMs: Math.min(revokedMs ?? expiresMs, expiresMs) }))
      .filter(({ endedMs }) => endedMs <= nowMs)
      .sort((a, b) => b.endedMs - a.endedMs);
    for (const [index, { id, endedMs }] of ended.entries()) {
      if (index < keptMax && endedMs >= beforeMs) continue;
      await this.#db.deleteFrom('token').where('id', '=', id).execute();
    }
  }
}

async function liveCount(db: Transaction<Tables>, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('token')
    .select((all) => all.fn.countAll<number>().as('count'))
    .where('revoked_ms', 'is', null)
    .where('expires_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  return Number(count);
}

function tokenOf(row: Selectable<TokenTable>): StoredToken {
  return {
    ...fixed.parse(JSON.parse(row.content)),
    id: row.id,
    secretHash: row.secret_hash,
    createdMs: Number(row.created_ms),
    expiresMs: Number(row.expires_ms),
    revokedMs: row.revoked_ms === null ? null : Number(row.revoked_ms),
    lastUsedMs: row.last_used_ms === null ? null : Number(row.last_used_ms),
    lastUsedFrom: row.last_used_from,
  };
}

function rowOf(token: StoredToken): TokenTable {
  return {
    id: token.id,
    secret_hash: token.secretHash,
    created_ms: token.createdMs,
    expires_ms: token.expiresMs,
    revoked_ms: token.revokedMs,
    last_used_ms: token.lastUsedMs,
    last_used_from: token.lastUsedFrom,
    content: JSON.stringify(fixed.parse(token)),
  };
}
