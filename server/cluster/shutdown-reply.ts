/** The reply to `shutdown`: empty, and the process ends once it has been sent. */

import type { CommandReply } from '../console/api.ts';

export function shutdownReply(): CommandReply {
  // biome-ignore lint/suspicious/noThenProperty: the contract names it so, and nobody awaits a reply
  return { ok: true, text: '', then: 'shutdown' };
}
