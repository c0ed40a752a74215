/**
 * Calls the gateway. Every failure is an `ApiFailure`; writes carry the synchroniser token of the session. Knows
 * no route: callers name path and parser.
 */

import { ERROR_CODES } from '../../server/wire/error-codes.ts';
import { ApiFailure, type FailureCode } from './api-failure.ts';

export type ApiRequest = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** From the session; needed for everything but GET. */
  readonly csrf?: string | null;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
};

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && CODES.has(code);
}

/** @throws ApiFailure */
export async function callApi(path: string, request: ApiRequest = {}): Promise<unknown> {
  const response = await send(path, request);
  const text = await response.text().catch(() => '');
  const value = readJson(text);
  if (response.ok) return value;
  throw failureOf(response, value);
}

async function send(path: string, request: ApiRequest): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' });
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  if (request.csrf) headers.set('x-muster-csrf', request.csrf);
  if (request.idempotencyKey) headers.set('idempotency-key', request.idempotencyKey);
  try {
    return await fetch(path, {
      method: request.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal ?? null,
    });
  } catch {
    throw new ApiFailure('unreachable', 'The gateway does not answer.', 0);
  }
}

function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function failureOf(response: Response, value: unknown): ApiFailure {
  const body: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
  const code = isFailureCode(body['code']) ? body['code'] : 'internal';
  const message =
    typeof body['message'] === 'string' ? body['message'] : `The gateway answered ${response.status}.`;
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  const given = body['details'] ?? { retryAfterMs: body['retryAfterMs'] };
  const details =
    Number.isFinite(retryAfterS) && !hasRetry(given) ? { retryAfterMs: retryAfterS * 1_000 } : given;
  return new ApiFailure(code, message, response.status, details);
}

function hasRetry(details: unknown): boolean {
  return (
    typeof details === 'object' &&
    details !== null &&
    'retryAfterMs' in details &&
    typeof details.retryAfterMs === 'number'
  );
}

/** `parse` of a reply that does not have the promised shape becomes one readable failure. */
export function parsed<T>(value: unknown, parse: (value: unknown) => T | undefined): T {
  const result = parse(value);
  if (result === undefined) throw new ApiFailure('unreadable', 'The gateway sent something unreadable.', 200);
  return result;
}
