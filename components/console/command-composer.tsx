'use client';

/** Where a command is written, completed and classified while typed, reviewed when it writes, and sent. */

import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import type { Approval, CommandTarget, Job } from '../../server/wire/http.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useCollection, useFreshness } from '../live/use-live.ts';
import type { Member } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { plural } from '../ui/format-time.ts';
import { type Shortcut, useShortcuts } from '../ui/shortcuts.ts';
import { ClassLine } from './class-line.tsx';
import { mayAskFor, useCommandFlow } from './command-flow.tsx';
import { CommandInput, type CommandInputHandle } from './command-input.tsx';
import { askableNodes, choiceOfTarget, commandTargetOf, targetNodes } from './command-target.ts';
import { GrammarLine } from './completion-list.tsx';
import { COMPOSER_TIMEOUTS_MS, useComposerDraft } from './composer-draft.ts';
import { suggestionsFor } from './grammar.ts';
import { useTargetGrammar } from './grammar-queries.ts';
import { useCurrentClass, useRecentJobs } from './job-queries.ts';
import { isRedacted } from './redaction.ts';
import { SaveCommand } from './save-command.tsx';
import { sendObstacle } from './send-obstacle.ts';
import { TargetPicker } from './target-picker.tsx';

/** Puts a command into the prompt, and changes the target where one is given. A new object fills again. */
export type Fill = { readonly command: string; readonly target: CommandTarget | null };

export type CommandComposerProps = {
  readonly initialCommand: string;
  readonly initialNodes: readonly string[];
  /** Only the given nodes can be asked: the picker is not shown. */
  readonly fixed?: boolean;
  readonly fill?: Fill | null;
  readonly onSent: (job: Job) => void;
  readonly onAsked: (request: Approval) => void;
};

/** Keys of the prompt itself, for the sheet of shortcuts; the prompt hears them, not the page. */
const PROMPT_KEYS: readonly Shortcut[] = [
  ['Tab', 'In the prompt: add what is certain, else choose'],
  ['ArrowUp', 'In an empty prompt: what was sent before'],
  ['ArrowDown', 'In an empty prompt: what may be said'],
  ['Enter', 'In the prompt: take the chosen line, else ask or review'],
].map(([keys = '', label = '']) => ({ keys, label, listedOnly: true, run: () => undefined }));

export function CommandComposer(props: CommandComposerProps) {
  const { fixed = false, fill = null, onSent, onAsked } = props;
  const [used, setUsed] = useState(false);
  const input = useRef<CommandInputHandle>(null);
  const classId = useId();
  const { role } = useSession().account;
  const draft = useComposerDraft(props);
  const { command, choice, timeoutMs } = draft;
  const trimmed = command.trim();
  const target = commandTargetOf(choice);
  const nodes = askableNodes(useCollection('members'));
  const asked = targetNodes(choice, nodes);
  const freshness = useFreshness(1_000);
  const { current, shown, pending } = useCurrentClass(trimmed, target);
  const grammar = useTargetGrammar(membersNamed(nodes, asked), used);
  const recent = useRecentJobs();
  const flow = useCommandFlow({
    onSent: (job) => {
      draft.sent();
      onSent(job);
    },
    onAsked: (request) => {
      draft.sent();
      onAsked(request);
    },
  });
  const asksFor = shown !== null && mayAskFor(shown, role);
  const obstacle = sendObstacle({
    trimmed,
    asked,
    freshness,
    classification: current,
    asksFor,
    busy: flow.busy,
  });

  const { setCommand, setChoice } = draft;
  useEffect(() => {
    if (fill === null) return;
    setCommand(fill.command);
    if (fill.target !== null) setChoice(choiceOfTarget(fill.target));
    input.current?.focus();
  }, [fill, setCommand, setChoice]);
  const focusPrompt = { keys: '/', label: 'Go to the prompt', run: () => input.current?.focus() };
  const sendRead = (): void => {
    if (obstacle === null && target !== undefined)
      void flow.ask({ command: trimmed, target, timeoutMs }, true);
  };
  const sendKey = {
    keys: 'Mod+Enter',
    label: 'Send the command in the prompt, if it only reads',
    run: sendRead,
  };
  useShortcuts(fixed ? [] : [focusPrompt, sendKey, ...PROMPT_KEYS]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (obstacle === null && target !== undefined) void flow.ask({ command: trimmed, target, timeoutMs });
  };
  return (
    <form className="composer" onSubmit={submit}>
      {fixed ? null : <TargetPicker choice={choice} nodes={nodes} onChange={setChoice} />}
      <CommandInput
        handle={input}
        value={command}
        grammar={grammar}
        recalled={[...new Set(recent.data?.map((job) => job.command))]}
        describedBy={classId}
        onChange={setCommand}
        onFocus={() => setUsed(true)}
        onSendRead={sendRead}
      />
      <GrammarLine
        hint={used && trimmed !== '' ? suggestionsFor(command, grammar.commands).hint : null}
        grammar={grammar}
        redacted={isRedacted(command)}
      />
      {draft.restored ? <DraftNote onClear={() => setCommand('')} /> : null}
      <div className="composer-foot">
        <div id={classId} className="composer-class">
          <ClassLine classification={shown} pending={pending} />
        </div>
        {fixed || trimmed === '' || target === undefined ? null : (
          <SaveCommand command={trimmed} target={target} />
        )}
        <TimeoutChoice value={timeoutMs} onChange={draft.setTimeoutMs} />
        <ActionButton
          kind="primary"
          submit
          mark={MARKS.console.send}
          obstacle={obstacle}
          showReason={trimmed !== '' && (asksFor || (shown?.allowed ?? true))}
        >
          {asksFor
            ? 'Ask for approval'
            : `${shown === null || shown.class === 'R' ? 'Ask' : 'Review for'} ${plural(asked.length, 'node')}`}
        </ActionButton>
      </div>
      {flow.failure === null ? null : (
        <p className="field-error" role="alert" data-test={MARKS.console.error}>
          {flow.failure}
        </p>
      )}
      {flow.sheet}
    </form>
  );
}

function membersNamed(nodes: readonly Member[], names: readonly string[]): readonly Member[] {
  return nodes.filter((node) => names.includes(node.nodeName ?? node.id));
}

function DraftNote({ onClear }: { readonly onClear: () => void }) {
  return (
    <p className="draft-note" data-test={MARKS.console.draftBack}>
      This is what you had written before. It was not sent.{' '}
      <button type="button" className="link-button" onClick={onClear}>
        Clear it
      </button>
    </p>
  );
}

type TimeoutChoiceProps = { readonly value: number; readonly onChange: (ms: number) => void };

function TimeoutChoice({ value, onChange }: TimeoutChoiceProps) {
  return (
    <label className="composer-timeout">
      <span className="muted">timeout</span>
      <select
        className="input"
        value={value}
        data-test={MARKS.console.timeout}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {COMPOSER_TIMEOUTS_MS.map((ms) => (
          <option key={ms} value={ms}>
            {ms / 1_000} s
          </option>
        ))}
      </select>
    </label>
  );
}
