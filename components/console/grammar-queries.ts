'use client';

/**
 * The grammar of the nodes that a command would reach: the first of them completes; a few others are asked as well,
 * so that a node that does not know a command is named before it is sent.
 */

import { type UseQueryOptions, useQueries } from '@tanstack/react-query';
import { commandsReply } from '../../server/wire/options.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { compareNames, type Member } from '../members/member-words.ts';
import { type GrammarCommand, grammarDifference } from './grammar.ts';

/** Grammars asked for one target: one of each version first, then by name. */
export const GRAMMARS_ASKED_MAX = 4;
/** A grammar changes with the configuration of a node: rarely. */
const GRAMMAR_STALE_MS = 60_000;

export type TargetGrammar = {
  /** The node whose grammar completes; null where nobody can be asked. */
  readonly from: string | null;
  readonly commands: readonly GrammarCommand[];
  /** Asked nodes whose grammar is another one. */
  readonly differing: readonly {
    readonly node: string;
    readonly missing: readonly string[];
    readonly more: readonly string[];
  }[];
  /** Why there is no completion; null while it is asked for or known. */
  readonly failure: string | null;
};

/** Those to ask, the completing one first. Pure. */
export function grammarNodes(targets: readonly Member[]): readonly Member[] {
  const able = targets
    .filter((node) => node.state === 'present')
    .sort((a, b) => compareNames(a.nodeName ?? a.id, b.nodeName ?? b.id));
  const versions = new Set<string | null>();
  const newVersion = able.filter((node) => {
    const known = versions.has(node.version);
    versions.add(node.version);
    return !known;
  });
  const others = able.filter((node) => !newVersion.includes(node));
  return [...newVersion, ...others].slice(0, GRAMMARS_ASKED_MAX);
}

/** @param enabled false until the prompt was used: nodes are not asked for a page that is only looked at. */
export function useTargetGrammar(targets: readonly Member[], enabled: boolean): TargetGrammar {
  const nodes = grammarNodes(targets);
  return useQueries({
    queries: nodes.map((node) => grammarQuery(node.id, enabled)),
    combine: (results): TargetGrammar => {
      const [first] = results;
      const commands = first?.data ?? [];
      const differing = results.flatMap((result, index) => {
        const node = nodes[index];
        if (index === 0 || first?.data === undefined || result.data === undefined || node === undefined)
          return [];
        const difference = grammarDifference(commands, result.data);
        if (difference.missing.length === 0 && difference.more.length === 0) return [];
        return [{ node: node.nodeName ?? node.id, ...difference }];
      });
      const failure = first?.isError === true ? first.error.message : null;
      return { from: nodes[0]?.nodeName ?? null, commands, differing, failure };
    },
  });
}

type GrammarQuery = UseQueryOptions<readonly GrammarCommand[]>;

function grammarQuery(id: string, enabled: boolean): GrammarQuery {
  return {
    queryKey: ['grammar', id],
    queryFn: async () => {
      const reply = await callApi(`/api/members/${encodeURIComponent(id)}/commands`);
      return parsed(reply, (value) => commandsReply.safeParse(value).data?.commands);
    },
    enabled,
    staleTime: GRAMMAR_STALE_MS,
    retry: false,
  };
}
