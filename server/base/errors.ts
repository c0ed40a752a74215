/**
 * The catalog of operating errors: what the outside world refused. Codes are never reused; a test pins code and
 * text. Bugs are assertions, what people typed comes back as diagnostics; neither belongs here.
 */

export const ERRORS = {
  PORT_IN_USE: 'the address {address} is already in use: stop the other process or configure another port',
  LISTEN_FAILED: 'cannot listen on {address}: {reason}',
  SOCKET_DIRECTORY_DENIED: 'cannot create the socket {path}: no write access to its directory',
  CONSOLE_UNREACHABLE: 'cannot connect to {address}: {reason}',
  CONSOLE_PROTOCOL: 'the peer at {address} does not speak the console protocol: {reason}',
  CONFIG_INVALID: 'the configuration {path} has errors; nothing was started',
  STORE_UNAVAILABLE: 'the store {path} cannot be opened: {reason}',
  STATE_FILE_FAILED: 'cannot write {path}: {reason}',
} as const;

export type ErrorCode = keyof typeof ERRORS;
type Details = Readonly<Record<string, string | number>>;

/** An operating error. `message` is the catalog text with `{name}` filled from `details`. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details, options?: { readonly cause?: unknown }) {
    super(
      ERRORS[code].replace(/\{(\w+)\}/g, (whole, key: string) => String(details[key] ?? whole)),
      options,
    );
    this.code = code;
    this.details = details;
  }
}
