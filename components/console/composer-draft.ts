'use client';

/** The state of a prompt: command, target and time-out, kept as a draft of this tab until it is sent. */

import { useCallback, useEffect, useState } from 'react';
import { useSession } from '../frame/session-gate.tsx';
import type { TargetChoice } from './command-target.ts';
import { keepDraft, recallDraft } from './draft.ts';

export const COMPOSER_TIMEOUTS_MS: readonly number[] = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000];
const TIMEOUT_DEFAULT_MS = 10_000;

export type ComposerStart = {
  readonly initialCommand: string;
  readonly initialNodes: readonly string[];
  readonly fixed?: boolean;
};

export type ComposerDraft = {
  readonly command: string;
  readonly choice: TargetChoice;
  readonly timeoutMs: number;
  /** The prompt came back as it was left, and was not touched since. */
  readonly restored: boolean;
  readonly setCommand: (command: string) => void;
  readonly setChoice: (choice: TargetChoice) => void;
  readonly setTimeoutMs: (ms: number) => void;
  /** The command went out: there is nothing to bring back. The prompt keeps its text, to be changed and sent again. */
  readonly sent: () => void;
};

export function useComposerDraft({
  initialCommand,
  initialNodes,
  fixed = false,
}: ComposerStart): ComposerDraft {
  const { name } = useSession().account;
  const place = fixed ? `node ${initialNodes.join(' ')}` : 'console';
  // An address that says what to ask is newer than any draft.
  const [kept] = useState(() =>
    initialCommand !== '' || (!fixed && initialNodes.length > 0) ? undefined : recallDraft(place, name),
  );
  const [command, setText] = useState(kept?.command ?? initialCommand);
  const [choice, setChoice] = useState<TargetChoice>(
    kept?.choice ?? {
      kind: initialNodes.length > 0 ? 'nodes' : 'all',
      subcluster: null,
      nodes: initialNodes,
    },
  );
  const [timeoutMs, setTimeoutMs] = useState<number>(
    kept !== undefined && COMPOSER_TIMEOUTS_MS.includes(kept.timeoutMs) ? kept.timeoutMs : TIMEOUT_DEFAULT_MS,
  );
  const [restored, setRestored] = useState(kept !== undefined);
  const [sentText, setSentText] = useState<string | null>(null);
  const setCommand = useCallback((text: string): void => {
    setText(text);
    setRestored(false);
    setSentText(null);
  }, []);
  useEffect(() => {
    const unsent = command === sentText ? '' : command;
    keepDraft(place, { command: unsent, choice, timeoutMs }, name);
  }, [place, name, command, choice, timeoutMs, sentText]);
  const sent = (): void => {
    setSentText(command);
    setRestored(false);
  };
  return { command, choice, timeoutMs, restored, setCommand, setChoice, setTimeoutMs, sent };
}
