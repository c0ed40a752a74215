/** A request that is answered with the one error shape. Thrown by routes, turned into a reply in one place. */

import type { ErrorCode } from '../wire/error-codes.ts';
import type { ApiError } from '../wire/http.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  bus_down: 503,
  rate_limited: 429,
  locked: 423,
  csrf: 403,
  origin: 403,
  ticket: 401,
  setup_needed: 409,
  setup_done: 409,
  idempotency_mismatch: 409,
  too_large: 413,
  no_answer: 504,
  changed: 409,
  refused: 422,
  internal: 500,
};

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return STATUS[this.code];
  }

  get body(): ApiError {
    const { code, message, details } = this;
    return details === undefined ? { code, message } : { code, message, details };
  }
}

/** `bad_request` for one field, path as in `target.names.0`. */
export function badField(path: string, message: string): ApiProblem {
  return new ApiProblem('bad_request', `${path}: ${message}`, [{ path, message }]);
}
