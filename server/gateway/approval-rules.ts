/** What makes a request for approval good, outdated or void. Pure; storing, auditing and sending are elsewhere. */

import { classifyCommand, typedNameFor } from '../console/classification.ts';
import type { Approval } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import { APPROVAL_CLASSES } from './authorisation.ts';
import { accountKey, type StoredAccount, type StoredApproval } from './store-port.ts';

/** What may have changed since the request. */
export type Present = {
  /** What the target means now; undefined if nothing of that name is there. */
  readonly nodes: readonly string[] | undefined;
  readonly requester: StoredAccount | undefined;
};

/** Why a request that was good is not any more; undefined while it is. @param command the one that would be sent. */
export function voidBecause(
  asked: StoredApproval,
  command: string | undefined,
  { nodes, requester }: Present,
): string | undefined {
  if (command === undefined) {
    return 'the gateway was started again and does not keep the secret of this command: ask again';
  }
  if (classifyCommand(command).class !== asked.class) {
    return `the command was of class ${asked.class} and is of class ${classifyCommand(command).class} now`;
  }
  // An account that was made since is another one of the same name.
  const gone = requester === undefined || requester.createdMs > asked.requestedMs;
  if (gone || requester.role === 'viewer') {
    return `${asked.requestedBy} may not ask for it any more`;
  }
  const now = nodes ?? [];
  if (now.length === asked.nodesThen.length && now.every((node) => asked.nodesThen.includes(node))) return;
  return `the target meant ${listed(asked.nodesThen)} and means ${listed(now)} now`;
}

/** @throws ApiProblem if this admin may not decide, or not like this. */
export function refuseDecider(
  asked: StoredApproval,
  by: { readonly name: string; readonly typedName: string | undefined; readonly clusterName: string },
  command: string,
): void {
  if (accountKey(by.name) === accountKey(asked.requestedBy)) {
    throw new ApiProblem('forbidden', 'who asked cannot approve: it takes a second person');
  }
  const where = { target: asked.target, clusterName: by.clusterName };
  const typedName = typedNameFor(classifyCommand(command), where);
  if (typedName === null || by.typedName === typedName) return;
  const text = `class ${asked.class} needs the name "${typedName}" typed`;
  throw new ApiProblem('forbidden', text, [{ path: 'typedName', message: 'does not match' }]);
}

/** @throws ApiProblem `bad_request` for a command that needs no second person. */
export function refuseHarmless(command: string): Approval['class'] {
  const { class: commandClass } = classifyCommand(command);
  if (APPROVAL_CLASSES.includes(commandClass)) return commandClass;
  const text = `class ${commandClass} needs no approval: send it`;
  throw new ApiProblem('bad_request', text, [{ path: 'command', message: text }]);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nobody' : names.join(', ');
}
