import { expect, test } from 'vitest';
import { ClusterError, ERRORS } from '../../../server/base/errors.ts';

test('the catalog is pinned: codes are never reused and texts change on purpose only', () => {
  expect(ERRORS).toMatchInlineSnapshot(`
    {
      "CONFIG_INVALID": "the configuration {path} has errors; nothing was started",
      "CONSOLE_LOST": "the connection to {address} was lost before the answer came: {reason}",
      "CONSOLE_NOT_SIGNED_IN": "cannot sign in to {address}: {reason}",
      "CONSOLE_PROTOCOL": "the peer at {address} does not speak the console protocol: {reason}",
      "CONSOLE_UNREACHABLE": "cannot connect to {address}: {reason}",
      "CONTROL_SOCKET_IN_USE": "another process answers on {path}: a node and a manager on one host need different Control_Listener paths",
      "IDENTITY_REFUSED": "this process cannot be part of the cluster: {reason}",
      "LISTEN_FAILED": "cannot listen on {address}: {reason}",
      "LOG_EXISTS": "cannot create the log {directory}: it exists",
      "LOG_FULL": "cannot write to the log {directory}: {reason}",
      "LOG_IN_USE": "the log {directory} has another writer: {owner}",
      "LOG_MESSAGE_TOO_LARGE": "a message of {bytes} bytes is too large for the log {directory}: at most {most}",
      "LOG_MISSING": "there is no log {directory}",
      "LOG_READ_FAILED": "cannot read the log {directory}: {reason}",
      "LOG_READ_ONLY": "no permission to write to the log {directory}: {reason}",
      "LOG_SUBSCRIBER_EXISTS": "the log {directory} has a subscriber {subscriber} already",
      "LOG_SUBSCRIBER_INVALID": "the subscriber {subscriber} of the log {directory} cannot be used: {reason}",
      "LOG_SUBSCRIBER_UNKNOWN": "the log {directory} has no subscriber {subscriber}",
      "LOG_UNUSABLE": "the log {directory} cannot be used: {reason}",
      "LOG_WRITE_FAILED": "cannot write to the log {directory}: {reason}",
      "OPTIONS_REFUSED": "the configuration cannot be used: {reason}",
      "PORT_IN_USE": "the address {address} is already in use: stop the other process or configure another port",
      "SOCKET_DIRECTORY_DENIED": "cannot create the socket {path}: no write access to its directory",
      "SPOOL_IN_USE": "the mail spool {directory} is used by another process: {owner}",
      "SPOOL_UNUSABLE": "the mail spool {directory} cannot be used: {reason}",
      "STATE_FILE_FAILED": "cannot write {path}: {reason}",
      "STATE_FILE_UNREADABLE": "cannot read {path}: {reason}",
      "STORE_UNAVAILABLE": "the store {path} cannot be opened: {reason}",
    }
  `);
});

test('a message is the catalog text with its details filled in', () => {
  const error = new ClusterError('LISTEN_FAILED', { address: '127.0.0.1:4809', reason: 'EACCES' });
  expect(error.message).toBe('cannot listen on 127.0.0.1:4809: EACCES');
});

test('a detail that is missing stays visible as its placeholder', () => {
  expect(new ClusterError('PORT_IN_USE', {}).message).toContain('{address}');
});
