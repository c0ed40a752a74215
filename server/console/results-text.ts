/** How `retrieve`, `subcluster retrieve` and `retrieve_node` show collected replies (A20: our layout). */

import type { CommandReply } from './api.ts';
import { printableLine } from './printable.ts';
import { done } from './replies.ts';
import { renderXml, type XmlElement } from './xml.ts';

/** Why there is no answer: still `waiting`, `silent` for long, or the node `left` before it answered. */
export type MissingState = 'waiting' | 'silent' | 'left';

export type CollectedReply = {
  readonly node: string;
  readonly privateName: string;
  readonly ok: boolean;
  readonly text: string;
};

export type MissingReply = {
  readonly node: string;
  readonly privateName: string;
  readonly state: MissingState;
};

export type CollectedReplies = {
  readonly command: string;
  readonly replies: readonly CollectedReply[];
  readonly missing: readonly MissingReply[];
};

/** One block per node, headed by node name and private name, then the list of those without an answer. */
export function renderCollected({ replies, missing }: CollectedReplies): CommandReply {
  const blocks = replies.map(({ node, privateName, text }) => {
    const heading = `Node: ${printableLine(node)} (${printableLine(privateName)})`;
    return text === '' ? heading : `${heading}\n${text.replace(/\n+$/, '')}`;
  });
  if (missing.length > 0) {
    const lines = missing.map(
      ({ node, privateName, state }) => `  ${printableLine(node)} (${printableLine(privateName)}) ${state}`,
    );
    blocks.push(
      `No answer from ${missing.length} of ${missing.length + replies.length}:\n${lines.join('\n')}`,
    );
  }
  return done(blocks.join('\n\n'));
}

export function renderCollectedXml({ command, replies, missing }: CollectedReplies): CommandReply {
  const nodes: readonly XmlElement[] = replies.map(({ node, privateName, ok, text }) => ({
    name: 'Node',
    attributes: { name: node, privateName, ok },
    content: text,
  }));
  const silent: readonly XmlElement[] = missing.map(({ node, privateName, state }) => ({
    name: 'NoAnswer',
    attributes: { name: node, privateName, state },
  }));
  return done(renderXml({ name: 'Results', attributes: { command }, content: [...nodes, ...silent] }));
}
