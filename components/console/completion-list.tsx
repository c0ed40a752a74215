'use client';

/** The inline list of completions: usage, help and class of each, what the parameter is, and who differs. */

import { useEffect, useRef } from 'react';
import { MARKS } from '../test-marks.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import { inertName } from '../ui/inert-text.ts';
import type { ParameterHint, Suggestions } from './grammar.ts';
import type { TargetGrammar } from './grammar-queries.ts';
import { REDACTED_WORDS } from './redaction.ts';

export function optionId(list: string, index: number): string {
  return `${list}-${index}`;
}

export type CompletionListProps = {
  readonly id: string;
  readonly suggestions: Suggestions;
  readonly active: number;
  readonly grammar: TargetGrammar;
  readonly onTake: (text: string) => void;
};

export function CompletionList({ id, suggestions, active, grammar, onTake }: CompletionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active >= 0) list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div className="completions">
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label="Completions"
        className="completion-list"
        data-test={MARKS.console.combobox}
      >
        {suggestions.list.map(({ key, text, label, help, class: commandClass, words }, index) => {
          const missing = grammar.differing.filter((each) => each.missing.includes(words));
          return (
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the prompt, which points here
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the prompt
            <div
              key={key}
              id={optionId(id, index)}
              role="option"
              aria-selected={index === active}
              className="completion"
              data-test={MARKS.console.completion}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => onTake(text)}
            >
              <ClassPlate value={commandClass} />
              <span className="mono completion-usage">{inertName(label)}</span>
              <span className="completion-help">{inertName(help)}</span>
              {missing.length === 0 ? null : (
                <span className="completion-missing">
                  not on {missing.map(({ node }) => inertName(node)).join(', ')}
                </span>
              )}
            </div>
          );
        })}
      </div>
      {suggestions.omitted > 0 ? (
        <p className="completion-foot">{suggestions.omitted} more: type on to narrow them down.</p>
      ) : null}
    </div>
  );
}

export type GrammarLineProps = {
  readonly hint: ParameterHint | null;
  readonly grammar: TargetGrammar;
  /** The line is one that was sent before, with a mark where its secret was. */
  readonly redacted: boolean;
};

/** Below the prompt: what the command takes, which nodes speak another grammar, and whether a secret is missing. */
export function GrammarLine({ hint, grammar, redacted }: GrammarLineProps) {
  const note = grammarNote(grammar);
  return (
    <>
      {redacted ? (
        <p className="grammar-note" data-test={MARKS.console.redacted}>
          {REDACTED_WORDS}
        </p>
      ) : null}
      {hint === null ? null : (
        <p className="grammar-hint" data-test={MARKS.console.parameterHint}>
          <span className="mono">{inertName(hint.usage)}</span>
          <span className="muted">{inertName(hint.help)}</span>
          {hint.parameter === null ? null : (
            <span>
              now: <b>{inertName(hint.parameter.name)}</b>
              {hint.parameter.optional ? ' (optional)' : ''}
            </span>
          )}
        </p>
      )}
      {note === null ? null : (
        <p className="grammar-note" data-test={MARKS.console.completionNote}>
          {note}
        </p>
      )}
    </>
  );
}

function grammarNote({ from, differing, failure }: TargetGrammar): string | null {
  if (failure !== null && from !== null) return `No completion from ${inertName(from)}: ${failure}`;
  if (differing.length === 0 || from === null) return null;
  const parts = differing.map(({ node, missing, more }) => {
    const counts = [
      ...(missing.length > 0 ? [`lacks ${missing.length}`] : []),
      ...(more.length > 0 ? [`has ${more.length} more`] : []),
    ];
    return `${inertName(node)} ${counts.join(' and ')}`;
  });
  return `Completion is that of ${inertName(from)}. Other nodes know other commands: ${parts.join('; ')}.`;
}
