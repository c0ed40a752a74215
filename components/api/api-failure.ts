/** A refused or failed call of the HTTP API, with the gateway's own code and words. */

import type { ApiError } from '../../server/wire/http.ts';

export type FailureCode = ApiError['code'] | 'unreachable' | 'unreadable';

export class ApiFailure extends Error {
  readonly code: FailureCode;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly details: unknown;

  constructor(code: FailureCode, message: string, status: number, details?: unknown) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** Milliseconds of `locked` and `rate_limited`; null where the gateway gave none. */
  get retryAfterMs(): number | null {
    const { details } = this;
    if (typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return null;
    return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : null;
  }
}
