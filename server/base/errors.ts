/**
 * The catalog of operating errors: what the outside world refused. Codes are never reused; a test pins code and
 * text. Bugs are assertions, what people typed comes back as diagnostics; neither belongs here.
 */

export const ERRORS = {
  PORT_IN_USE: 'the address {address} is already in use: stop the other process or configure another port',
  LISTEN_FAILED: 'cannot listen on {address}: {reason}',
  SOCKET_DIRECTORY_DENIED: 'cannot create the socket {path}: no write access to its directory',
  CONTROL_SOCKET_IN_USE:
    'another process answers on {path}: a node and a manager on one host need different Control_Listener paths',
  CONSOLE_UNREACHABLE: 'cannot connect to {address}: {reason}',
  CONSOLE_PROTOCOL: 'the peer at {address} does not speak the console protocol: {reason}',
  CONSOLE_LOST: 'the connection to {address} was lost before the answer came: {reason}',
  CONSOLE_NOT_SIGNED_IN: 'cannot sign in to {address}: {reason}',
  IDENTITY_REFUSED: 'this process cannot be part of the cluster: {reason}',
  OPTIONS_REFUSED: 'the configuration cannot be used: {reason}',
  CONFIG_INVALID: 'the configuration {path} has errors; nothing was started',
  STORE_UNAVAILABLE: 'the store {path} cannot be opened: {reason}',
  STATE_FILE_FAILED: 'cannot write {path}: {reason}',
  STATE_FILE_UNREADABLE: 'cannot read {path}: {reason}',
  LOG_MISSING: 'there is no log {directory}',
  LOG_EXISTS: 'cannot create the log {directory}: it exists',
  LOG_UNUSABLE: 'the log {directory} cannot be used: {reason}',
  LOG_IN_USE: 'the log {directory} has another writer: {owner}',
  LOG_FULL: 'cannot write to the log {directory}: {reason}',
  LOG_READ_ONLY: 'no permission to write to the log {directory}: {reason}',
  LOG_WRITE_FAILED: 'cannot write to the log {directory}: {reason}',
  LOG_READ_FAILED: 'cannot read the log {directory}: {reason}',
  LOG_MESSAGE_TOO_LARGE: 'a message of {bytes} bytes is too large for the log {directory}: at most {most}',
  LOG_SUBSCRIBER_EXISTS: 'the log {directory} has a subscriber {subscriber} already',
  LOG_SUBSCRIBER_UNKNOWN: 'the log {directory} has no subscriber {subscriber}',
  LOG_SUBSCRIBER_INVALID: 'the subscriber {subscriber} of the log {directory} cannot be used: {reason}',
  SPOOL_IN_USE: 'the mail spool {directory} is used by another process: {owner}',
  SPOOL_UNUSABLE: 'the mail spool {directory} cannot be used: {reason}',
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
