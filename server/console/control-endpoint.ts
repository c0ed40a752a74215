/**
 * Where a control listener listens and a console connects: a Unix socket path or a TCP address (momentum.md 7.1,
 * 7.2). A bare name is a socket in the temporary directory, as it was in the oldest consoles.
 */

import { err, ok, type Result } from '../base/result.ts';
import { socketPathError } from '../base/socket-path.ts';

export const CONTROL_ENDPOINT_DEFAULT = '/tmp/2025';

export type ControlEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  /** An empty host means every address when listening and this machine when connecting. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly user: string | undefined };

const SSH_REFUSED =
  'ssh:// is not supported: forward a port (ssh -L 2025:127.0.0.1:2025 host) and connect to user@127.0.0.1:2025';

/** The error is one line that names the endpoint. */
export function parseControlEndpoint(text: string): Result<ControlEndpoint, string> {
  if (text === '') return err('the endpoint is empty');
  // Not repeated: such an address may hold passwords.
  if (/^ssh:\/\//i.test(text)) return err(SSH_REFUSED);
  const address = /^(?:([^@/[\]]+)@)?(?:\[([\da-fA-F:.]+)\]|([^:/@[\]]*)):(\d+)$/.exec(text);
  if (address !== null && !text.includes('/')) {
    const [, user, v6, name, digits] = address;
    const port = Number(digits);
    if (port > 65_535) return err(`the port in ${text} is above 65535`);
    const host = v6 ?? name ?? '';
    return ok({ kind: 'tcp', host: host === '*' ? '' : host, port, user });
  }
  if (text.includes('://')) return err(`${text} is not a socket path and not host:port`);
  if (!text.includes('/') && /[:@[\]]/.test(text))
    return err(`${text} is not a socket path and not host:port`);
  const path = text.includes('/') ? text : `/tmp/${text}`;
  const wrong = socketPathError(path);
  if (wrong !== undefined) return err(wrong);
  return ok({ kind: 'unix', path });
}
