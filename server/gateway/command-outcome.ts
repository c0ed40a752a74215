/** What a sent or refused command comes to, in the words of jobs, the audit log and the API. Pure. */

import type { SendRefusal } from '../cluster/observer-api.ts';
import type { CommandTarget, Job } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import type { AuditOutcome } from './audit-log.ts';

export function targetNames(target: CommandTarget): string[] {
  if (target.kind === 'nodes') return [...target.names];
  return [target.kind === 'all' ? 'all' : `subcluster ${target.name}`];
}

export function busDown(): ApiProblem {
  return new ApiProblem('bus_down', 'the gateway has no bus connection; nothing was sent');
}

export function problemOf(refusal: SendRefusal): ApiProblem {
  switch (refusal.code) {
    case 'busDown':
      return busDown();
    case 'tooLarge':
      return new ApiProblem('too_large', 'the command is too large for the bus; nothing was sent');
    case 'unknownTarget':
      return unknownTarget(refusal.names.join(', '));
  }
}

export function unknownTarget(names: string): ApiProblem {
  return new ApiProblem('bad_request', `no such target: ${names}; nothing was sent`, [
    { path: 'target', message: `no present node or subcluster: ${names}` },
  ]);
}

export function outcomeOf(job: Job): AuditOutcome {
  const perNode = job.replies.map(({ node, state, ok }) => [node, ok === false ? 'failed' : state]);
  return {
    result: resultOf(job),
    detail: '',
    perNode: Object.fromEntries(perNode),
    targets: job.replies.map(({ node }) => node),
  };
}

function resultOf(job: Job): AuditOutcome['result'] {
  const answered = job.replies.filter(({ state }) => state === 'answered');
  if (answered.length === 0) return 'unknown';
  const good = answered.filter(({ ok }) => ok === true).length;
  if (good === job.replies.length) return 'done';
  return good === 0 && answered.length === job.replies.length ? 'failed' : 'partly';
}
