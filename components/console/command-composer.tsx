'use client';

/** Where a command is written, classified while typed, confirmed when it writes, and sent. */

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { COMMAND_CHARACTERS_MAX, type Job } from '../../server/wire/http.ts';
import type { Freshness } from '../live/freshness.ts';
import { writeObstacle } from '../live/freshness.ts';
import { useCollection, useFreshness } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { plural } from '../ui/format-time.ts';
import { ClassLine } from './class-plate.tsx';
import { askableNodes, commandTargetOf, type TargetChoice, targetNodes } from './command-target.ts';
import { type Confirmation, ConfirmSheet } from './confirm-sheet.tsx';
import {
  CLASS_STALE_MS,
  type Classification,
  classificationKey,
  fetchClassification,
  useClassification,
  useRecentJobs,
} from './job-queries.ts';
import { TargetPicker } from './target-picker.tsx';
import { useSendCommand } from './use-send-command.ts';

export type CommandComposerProps = {
  readonly initialCommand: string;
  readonly initialNodes: readonly string[];
  /** Only the given nodes can be asked: the picker is not shown. */
  readonly fixed?: boolean;
  readonly onSent: (job: Job) => void;
};

const TIMEOUTS_MS = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000] as const;
const TIMEOUT_DEFAULT_MS = 10_000;
/** Typing pauses this long before the class is asked for. */
const CLASSIFY_AFTER_MS = 120;

export function CommandComposer({
  initialCommand,
  initialNodes,
  fixed = false,
  onSent,
}: CommandComposerProps) {
  const [command, setCommand] = useState(initialCommand);
  const [choice, setChoice] = useState<TargetChoice>({
    kind: initialNodes.length > 0 ? 'nodes' : 'all',
    subcluster: null,
    nodes: initialNodes,
  });
  const [timeoutMs, setTimeoutMs] = useState<number>(TIMEOUT_DEFAULT_MS);
  const [confirming, setConfirming] = useState<Classification | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const ids = useId();

  const trimmed = command.trim();
  const target = commandTargetOf(choice);
  const settled = useSettled(trimmed, CLASSIFY_AFTER_MS);
  const classification = useClassification(
    settled === '' || target === undefined ? null : { command: settled, target },
  );
  const shown = trimmed === '' || settled === '' ? null : (classification.data ?? null);
  const nodes = askableNodes(useCollection('members'));
  const asked = targetNodes(choice, nodes);
  const freshness = useFreshness(1_000);
  const queries = useQueryClient();
  const send = useSendCommand((job) => {
    setConfirming(null);
    input.current?.select();
    onSent(job);
  });
  const obstacle = sendObstacle({
    trimmed,
    asked,
    freshness,
    classification: shown,
    sending: send.isPending,
  });

  const order = (confirmation: Confirmation): void => {
    if (target !== undefined) send.mutate({ command: trimmed, target, timeoutMs, confirmation });
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (obstacle !== null || target === undefined) return;
    // What is sent is classified, not what was on the screen a moment ago.
    const question = { command: trimmed, target };
    const fresh = await queries
      .fetchQuery({
        queryKey: classificationKey(question),
        queryFn: () => fetchClassification(question),
        staleTime: CLASS_STALE_MS,
      })
      .catch(() => null);
    if (fresh === null || !fresh.allowed) return;
    if (fresh.class === 'R') {
      order({});
      return;
    }
    send.reset(); // what an earlier command was refused for does not stand in the sheet of this one
    setConfirming(fresh);
  };
  const recall = useCommandRecall(setCommand);

  return (
    <form className="composer" onSubmit={(event) => void submit(event)}>
      {fixed ? null : <TargetPicker choice={choice} nodes={nodes} onChange={setChoice} />}
      <div className="prompt">
        <label className="prompt-mark" htmlFor={`${ids}-command`}>
          <span aria-hidden="true">&gt;</span>
          <span className="visually-hidden">Command</span>
        </label>
        <input
          ref={input}
          id={`${ids}-command`}
          className="prompt-input"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="send"
          maxLength={COMMAND_CHARACTERS_MAX}
          placeholder="cluster info"
          value={command}
          data-test={MARKS.console.input}
          aria-describedby={`${ids}-class`}
          onChange={(event) => setCommand(event.target.value)}
          onKeyDown={recall}
        />
      </div>
      <div className="composer-foot">
        <div id={`${ids}-class`} className="composer-class">
          <ClassLine classification={shown} />
        </div>
        <label className="composer-timeout">
          <span className="muted">timeout</span>
          <select
            className="input"
            value={timeoutMs}
            data-test={MARKS.console.timeout}
            onChange={(event) => setTimeoutMs(Number(event.target.value))}
          >
            {TIMEOUTS_MS.map((ms) => (
              <option key={ms} value={ms}>
                {ms / 1_000} s
              </option>
            ))}
          </select>
        </label>
        <ActionButton
          kind="primary"
          submit
          mark={MARKS.console.send}
          obstacle={obstacle}
          showReason={trimmed !== '' && (shown?.allowed ?? true)}
        >
          {shown === null || shown.class === 'R' ? 'Ask' : 'Review for'} {plural(asked.length, 'node')}
        </ActionButton>
      </div>
      {send.isError && confirming === null ? (
        <p className="field-error" role="alert" data-test={MARKS.console.error}>
          {send.error.message}
        </p>
      ) : null}
      {confirming !== null && target !== undefined ? (
        <ConfirmSheet
          command={trimmed}
          target={target}
          nodes={asked}
          classification={confirming}
          obstacle={send.isPending ? 'being sent' : writeObstacle(freshness)}
          failure={send.isError ? send.error.message : null}
          onClose={() => setConfirming(null)}
          onConfirm={order}
        />
      ) : null}
    </form>
  );
}

/** The value once it has not changed for a while. */
function useSettled(value: string, afterMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}

type SendState = {
  readonly trimmed: string;
  readonly asked: readonly string[];
  readonly freshness: Freshness;
  readonly classification: Classification | null;
  readonly sending: boolean;
};

/** Reading needs a bus; writing needs fresh data and the role as well. */
function sendObstacle({ trimmed, asked, freshness, classification, sending }: SendState): string | null {
  if (sending) return 'being sent';
  if (trimmed === '') return 'write a command first';
  if (classification !== null && !classification.allowed)
    return classification.reason ?? 'not allowed for your role';
  const cut =
    freshness.level === 'lostBus' || freshness.level === 'disconnected' || freshness.level === 'connecting';
  const writes = classification !== null && classification.class !== 'R';
  if (cut || writes) {
    const obstacle = writeObstacle(freshness);
    if (obstacle !== null) return obstacle;
  }
  return asked.length === 0 ? 'no node is chosen' : null;
}

/** Up and down walk through the commands of recent jobs, as in a terminal. */
function useCommandRecall(
  setCommand: (command: string) => void,
): (event: KeyboardEvent<HTMLInputElement>) => void {
  const jobs = useRecentJobs();
  const [position, setPosition] = useState(-1);
  const commands = [...new Set(jobs.data?.map((job) => job.command))];
  return (event) => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (step === 0 || commands.length === 0) return;
    const next = Math.max(-1, Math.min(commands.length - 1, position + step));
    event.preventDefault();
    setPosition(next);
    setCommand(next < 0 ? '' : (commands[next] ?? ''));
  };
}
