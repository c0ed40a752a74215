/** The codes of the HTTP API's one error shape, apart from the schemas so that a page without schemas can know them. */

export const ERROR_CODES = [
  'bad_request',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'bus_down',
  'rate_limited',
  'locked',
  'csrf',
  'origin',
  'ticket',
  'setup_needed',
  'setup_done',
  'idempotency_mismatch',
  'too_large',
  'no_answer',
  /** What the decision was based on is so no more; `details` has the present state. */
  'changed',
  /** The cluster would not do it; `details` says why for each part. */
  'refused',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
