/**
 * Names on the bus: nodes, groups and the private names of clients.
 * Sources: momentum.md 3.3 (private names), 2.6 (groups), MSG-18 and MSG-33 (peer names, case).
 */

import { err, ok, type Result } from '../base/result.ts';
import type { Brand } from './brand.ts';

/** Lower case, 1 to 255 characters, nothing blank or invisible and no `#`. */
export type NodeName = Brand<string, 'NodeName'>;
/** 1 to 65535 bytes (MSG-32), no control character. */
export type GroupName = Brand<string, 'GroupName'>;
/** `#session#node`, for example `#ec0-20768#pono`. */
export type PrivateName = Brand<string, 'PrivateName'>;

export const NODE_NAME_CHARACTERS_MAX = 255;
export const GROUP_NAME_BYTES_MAX = 65_535;

/** Blanks of any alphabet, and what cannot be seen: controls, marks of direction, halves of pairs. */
const UNSAFE = /[\s\p{C}#]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Names of any case are accepted and normalised to lower case (MSG-33). The error says what is wrong. */
export function parseNodeName(text: string): Result<NodeName, string> {
  const name = text.trim().toLowerCase();
  if (name.length === 0) return err('a node name is empty');
  if (name.length > NODE_NAME_CHARACTERS_MAX) {
    return err(`a node name has at most ${NODE_NAME_CHARACTERS_MAX} characters`);
  }
  if (UNSAFE.test(name)) return err('a node name contains no blank, invisible character or #');
  return ok(name as NodeName);
}

export function parseGroupName(text: string): Result<GroupName, string> {
  if (text.length === 0) return err('a group name is empty');
  if (new TextEncoder().encode(text).length > GROUP_NAME_BYTES_MAX) {
    return err(`a group name has at most ${GROUP_NAME_BYTES_MAX} bytes`);
  }
  if (CONTROL.test(text)) return err('a group name contains no control character');
  return ok(text as GroupName);
}

export function parsePrivateName(text: string): Result<PrivateName, string> {
  const match = /^#([^#]+)#([^#]+)$/.exec(text);
  if (match === null || CONTROL.test(text)) return err('a private name has the form #session#node');
  return ok(text as PrivateName);
}

export function privateName(session: string, node: NodeName): PrivateName {
  return `#${session}#${node}` as PrivateName;
}

/** The node whose server the client is attached to. */
export function nodeOfPrivateName(name: PrivateName): NodeName {
  return name.slice(name.lastIndexOf('#') + 1) as NodeName;
}

export function sessionOfPrivateName(name: PrivateName): string {
  return name.slice(1, name.lastIndexOf('#'));
}

/** Groups by their documented default names; `status` is ours (momentum.md 2.6, R6). */
export const GROUPS = {
  cluster: 'ec_cluster' as GroupName,
  control: 'ec_console' as GroupName,
  status: 'ec_status' as GroupName,
} as const;

/** `ec_sc_<subcluster>` (momentum.md 2.6). */
export function subclusterGroup(subcluster: string): GroupName {
  return `ec_sc_${subcluster}` as GroupName;
}
