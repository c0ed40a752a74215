/** The reply to `shutdown`: empty, and the process ends once it has been sent. */

import type { CommandReply } from '../console/api.ts';

export function shutdownReply(): CommandReply {
  return { ok: true, text: '', afterwards: 'shutdown' };
}
