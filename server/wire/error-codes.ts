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
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
