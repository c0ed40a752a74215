'use client';

/**
 * The prompt: a combobox with an inline list of completions (ARIA combobox pattern, the focus stays in the field).
 * Tab adds what is certain, arrows choose, Enter takes the chosen line or sends, Esc closes the list. In an empty
 * prompt Up recalls what was sent and Down lists what may be said. No key here sends a write.
 */

import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef, useState } from 'react';
import { COMMAND_CHARACTERS_MAX } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { CompletionList, optionId } from './completion-list.tsx';
import { NO_SUGGESTIONS, type Suggestions, sharedBeginning, suggestionsFor } from './grammar.ts';
import type { TargetGrammar } from './grammar-queries.ts';

export type CommandInputHandle = { readonly focus: () => void; readonly select: () => void };

export type CommandInputProps = {
  readonly value: string;
  readonly grammar: TargetGrammar;
  /** Newest first. */
  readonly recalled: readonly string[];
  /** Id of the text that describes the class. */
  readonly describedBy: string;
  readonly onChange: (value: string) => void;
  readonly onFocus: () => void;
  /** Ctrl+Enter: only reads. */
  readonly onSendRead: () => void;
  readonly handle: Ref<CommandInputHandle>;
};

export function CommandInput(props: CommandInputProps) {
  const { value, grammar, describedBy } = props;
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useImperativeHandle(props.handle, () => ({
    focus: () => field.current?.focus(),
    select: () => field.current?.select(),
  }));
  const completion = useCompletion(props);
  const { open, active, suggestions } = completion;
  return (
    <div className="prompt">
      <label className="prompt-mark" htmlFor={`${id}-command`}>
        <span aria-hidden="true">&gt;</span>
        <span className="visually-hidden">Command</span>
      </label>
      <input
        ref={field}
        id={`${id}-command`}
        className="prompt-input"
        role="combobox"
        aria-expanded={open}
        aria-controls={open ? `${id}-list` : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open && active >= 0 ? optionId(`${id}-list`, active) : undefined}
        aria-describedby={describedBy}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="send"
        maxLength={COMMAND_CHARACTERS_MAX}
        placeholder="cluster info"
        value={value}
        data-test={MARKS.console.input}
        onChange={(event) => completion.typed(event.target.value)}
        onFocus={props.onFocus}
        onBlur={completion.close}
        onKeyDown={completion.pressed}
      />
      {open ? (
        <CompletionList
          id={`${id}-list`}
          suggestions={suggestions}
          active={active}
          grammar={grammar}
          onTake={completion.take}
        />
      ) : null}
    </div>
  );
}

type Completion = {
  readonly open: boolean;
  /** Index in the list; -1 while nothing is chosen. */
  readonly active: number;
  readonly suggestions: Suggestions;
  readonly typed: (value: string) => void;
  readonly take: (text: string) => void;
  readonly close: () => void;
  readonly pressed: (event: KeyboardEvent<HTMLInputElement>) => void;
};

function useCompletion({ value, grammar, recalled, onChange, onSendRead }: CommandInputProps): Completion {
  const [wanted, setWanted] = useState(false);
  const [active, setActive] = useState(-1);
  const [position, setPosition] = useState(-1);
  const suggestions = wanted ? suggestionsFor(value, grammar.commands) : NO_SUGGESTIONS;
  const { list } = suggestions;
  // A list that only says what stands there already is in the way.
  const open = wanted && (list.length > 1 || (list[0] !== undefined && list[0].text !== value));

  const show = (text: string, choosing: boolean): void => {
    onChange(text);
    setWanted(choosing);
    setActive(-1);
    setPosition(-1);
  };
  const recall = (step: number): void => {
    const next = Math.max(-1, Math.min(recalled.length - 1, position + step));
    show(next < 0 ? '' : (recalled[next] ?? ''), false);
    setPosition(next);
  };
  const complete = (): void => {
    const text = sharedBeginning(value, list);
    if (active >= 0) show(list[active]?.text ?? value, true);
    else if (text === value) setActive(0);
    else show(text, true);
  };
  const inList = (key: string): boolean => {
    switch (key) {
      case 'ArrowDown':
        setActive(active + 1 >= list.length ? -1 : active + 1);
        return true;
      case 'ArrowUp':
        setActive(active < 0 ? list.length - 1 : active - 1);
        return true;
      case 'Escape':
        setWanted(false);
        return true;
      case 'Tab':
        complete();
        return true;
      case 'Enter':
        if (active < 0) {
          setWanted(false);
          return false;
        }
        show(list[active]?.text ?? value, true);
        return true;
      default:
        return false;
    }
  };
  /** Recalling begins in an empty prompt and goes on while the recalled line stands unchanged. */
  const recalling = value === '' || (position >= 0 && value === recalled[position]);
  const outsideList = (key: string): boolean => {
    if (key === 'ArrowUp' && recalling && recalled.length > 0) {
      recall(1);
      return true;
    }
    if (key === 'ArrowDown' && recalling) {
      if (position >= 0) recall(-1);
      else setWanted(true);
      return true;
    }
    return false;
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing || event.shiftKey || event.altKey) return;
    const modified = event.ctrlKey || event.metaKey;
    if (modified && event.key === 'Enter') {
      event.preventDefault();
      setWanted(false);
      onSendRead();
      return;
    }
    if (modified) return;
    const done = open ? inList(event.key) : outsideList(event.key);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return {
    open,
    active,
    suggestions,
    typed: (text) => show(text, text !== ''),
    take: (text) => show(text, true),
    close: () => setWanted(false),
    pressed,
  };
}
