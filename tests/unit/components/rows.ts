/** Rows of the live model for tests of components: a healthy node, to be changed where a test needs it. */

import type { Job, JobReply } from '../../../server/wire/http.ts';
import type { Row } from '../../../server/wire/live.ts';

export function memberRowOf(id: string, change: Partial<Row<'members'>> = {}): Row<'members'> {
  return {
    id,
    privateNames: [`#ec0-00012#${id}`],
    nodeName: id,
    subcluster: 'default',
    nodeType: 'Momentum',
    role: 'node',
    version: '3.0.10.30987',
    address: '127.0.0.11:4802',
    groups: ['ec_cluster', 'ec_console'],
    state: 'present',
    cause: null,
    sinceMs: 1_000,
    joinedMs: 1_000,
    startedMs: 500,
    pid: 42,
    clockSkewMs: 1,
    viewId: '7.node1',
    versionDiffers: false,
    duplicateName: false,
    incarnations: 1,
    config: null,
    mail: null,
    ...change,
  };
}

export function replyOf(node: string, change: Partial<JobReply> = {}): JobReply {
  return {
    node,
    state: 'answered',
    tookMs: 12,
    late: false,
    ok: true,
    bytes: 4,
    hash: 'h',
    text: 'text',
    truncated: false,
    ...change,
  };
}

export function jobOf(replies: readonly JobReply[], change: Partial<Job> = {}): Job {
  return {
    id: 'j1',
    command: 'cluster info',
    redacted: false,
    class: 'R',
    target: { kind: 'all' },
    actor: 'operator',
    sentMs: 1_000,
    timeoutMs: 10_000,
    state: 'done',
    replies: [...replies],
    ...change,
  };
}
