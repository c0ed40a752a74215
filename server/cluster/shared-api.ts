/**
 * What other software on this machine may ask of the shared objects, over HTTP with JSON: count, throttle, cache, and
 * look (ours; the socket is elsewhere). What is counted here is a ledger of its own: nobody can take back what the mail
 * plane counted. Errors have one shape: `{"error": {"code", "message"}}`.
 *
 * | Request | Body or query | Answer |
 * | --- | --- | --- |
 * | `GET /v1/objects` | | `{objects: [{name, type, kind, snapshots, entries, total, pending}]}` |
 * | `GET /v1/objects/NAME` | `view`, `under`, `search`, `top` (20) | `{object, view, found, rows: [{key, value, children}]}` |
 * | `GET /v1/count` | `object`, `key` | `{object, key, total, own}` |
 * | `POST /v1/count` | `{object, key, change}` | the same, afterwards |
 * | `POST /v1/throttle` | `{name, rate: "N/seconds", amount?, epsilon?, object?}` | `{taken, waitMs}` |
 * | `GET /v1/cache` | `object`, `key` | `{object, key, value, encoding, expiresInMs}` |
 * | `POST /v1/cache` | `{object, key, value, ttl, encoding?}` | `{stored: true}` |
 * | `DELETE /v1/cache` | `object`, `key` | `{deleted}` |
 */

import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { parseThrottle } from '../conf/values.ts';
import { parseNetwork } from '../model/ip.ts';
import {
  CACHE_VALUE_BYTES_MAX,
  KEY_BYTES_MAX,
  type SharedObjectPlan,
  type SharedView,
} from '../replication/api.ts';
import { parseCacheTtl } from './cache-ttl.ts';
import type { NodeReplication } from './node-replication.ts';

export const ROWS_DEFAULT = 20;
export const ROWS_MAX = 1_000;
/** Of one call. */
export const CHANGE_MAX = 1_000_000;
export const AMOUNT_MAX = 1_000_000;
/** Keys that are counted over sockets; with more, new ones are refused. */
export const LEDGER_KEYS_MAX = 65_536;
const EPSILON_DEFAULT = 0.95;
const THROTTLES = ['shared_named_throttles', 'OBTM', 'OBTC'] as const;

export type HttpAsk = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** Undefined without one. */
  readonly body: string | undefined;
};

export type HttpAnswer = { readonly status: number; readonly body: string };

export type SharedParts = Pick<
  NodeReplication,
  'objects' | 'facts' | 'rows' | 'memberNamed' | 'cacheEntry' | 'data'
>;

type Refusal = { readonly status: number; readonly code: string; readonly message: string };
type Reply = Result<unknown, Refusal>;

const text = z.string().min(1).max(KEY_BYTES_MAX);
const countBody = z.object({
  object: text,
  key: text,
  change: z.int().min(-CHANGE_MAX).max(CHANGE_MAX),
});
const throttleBody = z.object({
  object: z.enum(THROTTLES).optional(),
  name: text,
  rate: z.string().max(32),
  amount: z.int().min(1).max(AMOUNT_MAX).optional(),
  epsilon: z.number().gt(0).lt(1).optional(),
});
const cacheBody = z.object({
  object: text,
  key: text,
  value: z.string().max(2 * CACHE_VALUE_BYTES_MAX),
  encoding: z.enum(['utf8', 'base64']).optional(),
  ttl: z.union([z.int().min(0), z.string().max(16)]),
});

export class SharedApi {
  readonly #shared: SharedParts;
  /** What was counted here, by object and key. */
  readonly #ledger = new Map<string, number>();
  /** Of the throttle of this question. */
  #waitMs = 0;

  constructor(shared: SharedParts) {
    this.#shared = shared;
  }

  /** @returns `waitMs` where a throttle has nothing left now. */
  answer(ask: HttpAsk, nowMs: number): HttpAnswer & { readonly waitMs: number } {
    this.#waitMs = 0;
    const reply = this.#reply(ask, nowMs);
    if (reply.ok) return { status: 200, body: JSON.stringify(reply.value), waitMs: this.#waitMs };
    const { status, code, message } = reply.error;
    return { status, body: errorBody(code, message), waitMs: 0 };
  }

  #reply(ask: HttpAsk, nowMs: number): Reply {
    const { method, path, query } = ask;
    if (path.startsWith('/v1/objects/') && method === 'GET') return this.#rows(path, query, nowMs);
    switch (`${method} ${path}`) {
      case 'GET /v1/objects':
        return ok({ objects: this.#objects() });
      case 'GET /v1/count':
        return this.#counted(query.get('object') ?? '', query.get('key') ?? '');
      case 'POST /v1/count':
        return this.#count(ask, nowMs);
      case 'POST /v1/throttle':
        return this.#throttle(ask, nowMs);
      case 'GET /v1/cache':
        return this.#cached(query.get('object') ?? '', query.get('key') ?? '', nowMs);
      case 'POST /v1/cache':
        return this.#cache(ask, nowMs);
      case 'DELETE /v1/cache':
        return this.#uncache(query.get('object') ?? '', query.get('key') ?? '', nowMs);
      default: {
        const known = KNOWN_PATHS.has(path) || path.startsWith('/v1/objects/');
        return known
          ? refused(405, 'methodNotAllowed', `${path} does not take ${method}`)
          : refused(404, 'noSuchPath', `there is no ${path}`);
      }
    }
  }

  #objects(): readonly unknown[] {
    return this.#shared.facts().map(({ plan, entries, total, pending }) => ({
      name: plan.name,
      type: plan.type,
      kind: plan.kind,
      snapshots: plan.snapshots,
      entries,
      total: total ?? null,
      pending,
    }));
  }

  #rows(path: string, query: ReadonlyMap<string, string>, nowMs: number): Reply {
    const name = decoded(path.slice('/v1/objects/'.length));
    const object = this.#object(name ?? '');
    if (!object.ok) return object;
    const wanted = query.get('view') ?? 'global';
    const view: SharedView | undefined = wanted === 'global' ? wanted : this.#shared.memberNamed(wanted);
    if (view === undefined) return refused(404, 'noSuchMember', `nobody called ${wanted} shares data`);
    const top = /^\d{1,6}$/.test(query.get('top') ?? String(ROWS_DEFAULT))
      ? Number(query.get('top') ?? ROWS_DEFAULT)
      : undefined;
    if (top === undefined || top > ROWS_MAX) {
      return refused(422, 'invalid', `top is a whole number up to ${ROWS_MAX}`);
    }
    const asked = { view, under: query.get('under'), search: query.get('search'), top };
    const found = this.#shared.rows(object.value.name, asked, nowMs);
    if (found === undefined) return refused(404, 'noSuchObject', `${name} is not shared`);
    return ok({ object: name, view, found: found.found, rows: found.rows });
  }

  #counted(name: string, key: string): Reply {
    const place = this.#place(name, key);
    if (!place.ok) return place;
    const total = this.#shared.data.total(name, place.value) ?? 0;
    return ok({
      object: name,
      key: place.value,
      total,
      own: this.#ledger.get(ledgerKey(name, place.value)) ?? 0,
    });
  }

  #count(ask: HttpAsk, nowMs: number): Reply {
    const body = bodyOf(ask, countBody);
    if (!body.ok) return body;
    const { object, key, change } = body.value;
    const place = this.#place(object, key);
    if (!place.ok) return place;
    const entry = ledgerKey(object, place.value);
    const before = this.#ledger.get(entry) ?? 0;
    // Others counted the rest of the share, and theirs is not to be taken back here.
    const after = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, before + change));
    if (before === 0 && after > 0 && this.#ledger.size >= LEDGER_KEYS_MAX) {
      return refused(507, 'full', `at most ${LEDGER_KEYS_MAX} keys are counted over sockets`);
    }
    if (after === 0) this.#ledger.delete(entry);
    else this.#ledger.set(entry, after);
    this.#shared.data.count(object, place.value, after - before, nowMs);
    return this.#counted(object, place.value);
  }

  #throttle(ask: HttpAsk, nowMs: number): Reply {
    const body = bodyOf(ask, throttleBody);
    if (!body.ok) return body;
    const { object = THROTTLES[0], name, amount = 1, epsilon = EPSILON_DEFAULT } = body.value;
    const plan = this.#object(object, 'throttle set');
    if (!plan.ok) return plan;
    const rate = parseThrottle(body.value.rate);
    if (!rate.ok) return refused(422, 'invalid', rate.error);
    const { count, perSeconds } = rate.value;
    if (amount > count) {
      return refused(422, 'invalid', `${amount} at once can never be taken of ${count}`);
    }
    const limit = { amount: count, perMs: perSeconds * 1_000, epsilon };
    const waitMs = this.#shared.data.throttle(object, name, limit, amount, nowMs);
    this.#waitMs = waitMs;
    return ok({ taken: waitMs === 0, waitMs: Math.ceil(waitMs) });
  }

  #cached(name: string, key: string, nowMs: number): Reply {
    const plan = this.#object(name, 'cache');
    if (!plan.ok) return plan;
    const value = this.#shared.data.cacheGet(name, key, nowMs);
    const entry = value === undefined ? undefined : this.#shared.cacheEntry(name, key, nowMs);
    if (value === undefined || entry === undefined) {
      return refused(404, 'noSuchEntry', `there is no such entry in ${name}`);
    }
    const utf8 = value.toString('utf8');
    const isText = Buffer.from(utf8, 'utf8').equals(value);
    return ok({
      object: name,
      key,
      value: isText ? utf8 : value.toString('base64'),
      encoding: isText ? 'utf8' : 'base64',
      expiresInMs: entry.expiresInMs ?? null,
    });
  }

  #cache(ask: HttpAsk, nowMs: number): Reply {
    const body = bodyOf(ask, cacheBody);
    if (!body.ok) return body;
    const { object, key, value, encoding = 'utf8', ttl } = body.value;
    const plan = this.#object(object, 'cache');
    if (!plan.ok) return plan;
    const ttlMs = parseCacheTtl(String(ttl));
    if (!ttlMs.ok) return refused(422, 'invalid', ttlMs.error);
    if (encoding === 'base64' && !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
      return refused(422, 'invalid', 'the value is not base64');
    }
    const refusal = this.#shared.data.cacheSet(object, key, Buffer.from(value, encoding), ttlMs.value, nowMs);
    if (refusal === undefined) return ok({ stored: true });
    return refused(refusal === 'noSuchCache' ? 404 : 413, refusal, CACHE_REFUSALS[refusal]);
  }

  #uncache(name: string, key: string, nowMs: number): Reply {
    const plan = this.#object(name, 'cache');
    return plan.ok ? ok({ deleted: this.#shared.data.cacheDelete(name, key, nowMs) }) : plan;
  }

  #object(name: string, kind?: SharedObjectPlan['kind']): Result<SharedObjectPlan, Refusal> {
    const plan = this.#shared.objects.find((one) => one.name === name);
    if (plan === undefined) return refused(404, 'noSuchObject', `${name} is not shared: no Replicate scope`);
    if (kind !== undefined && plan.kind !== kind) {
      return refused(422, 'wrongKind', `${name} is a ${plan.kind}, not a ${kind}`);
    }
    return ok(plan);
  }

  /** @returns the key as it is counted. */
  #place(name: string, key: string): Result<string, Refusal> {
    const plan = this.#object(name);
    if (!plan.ok) return plan;
    if (Buffer.byteLength(key) === 0 || Buffer.byteLength(key) > KEY_BYTES_MAX) {
      return refused(422, 'invalid', `a key has 1 to ${KEY_BYTES_MAX} bytes`);
    }
    if (plan.value.kind === 'gauge table') return ok(key);
    if (plan.value.kind !== 'cidrtree') {
      return refused(422, 'wrongKind', `${name} is a ${plan.value.kind}: nothing is counted in it`);
    }
    const network = parseNetwork(key);
    if (!network.ok) return refused(422, 'invalid', network.error);
    const { address, bits } = network.value;
    const whole = bits === (address.includes(':') ? 128 : 32);
    return ok(whole ? address : `${address}/${bits}`);
  }
}

/** The one shape of all errors, for whoever speaks HTTP as well. */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ error: { code, message } });
}

const KNOWN_PATHS = new Set(['/v1/objects', '/v1/count', '/v1/throttle', '/v1/cache']);
const CACHE_REFUSALS = {
  noSuchCache: 'there is no such cache',
  keyTooLong: `a key has 1 to ${KEY_BYTES_MAX} bytes`,
  valueTooLong: `a value has at most ${CACHE_VALUE_BYTES_MAX} bytes`,
} as const;

function refused(
  status: number,
  code: string,
  message: string,
): { readonly ok: false; readonly error: Refusal } {
  return err({ status, code, message: message.slice(0, 1_024) });
}

function bodyOf<T>({ body }: HttpAsk, schema: z.ZodType<T>): Result<T, Refusal> {
  let value: unknown;
  try {
    value = JSON.parse(body ?? '');
  } catch {
    return refused(400, 'notJson', 'the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  return refused(
    422,
    'invalid',
    where === '' ? 'the body is not as expected' : `${where}: ${issue?.message}`,
  );
}

function ledgerKey(object: string, key: string): string {
  return `${object}\n${key}`;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // then there is no such object
  }
}
