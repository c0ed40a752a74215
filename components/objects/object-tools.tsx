'use client';

/** What is asked of an object: whose data, whose column, what to find, how many, which differences count. */

import { useId, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { type Choice, DELTAS, type ObjectState, TOPS } from './object-state.ts';
import { kindWords } from './object-words.ts';
import type { ObjectValues } from './use-object-values.ts';

export type ObjectToolsProps = {
  readonly kind: string;
  readonly nodes: readonly string[];
  readonly state: ObjectState;
  readonly values: ObjectValues;
};

export function ObjectTools({ kind, nodes, state, values }: ObjectToolsProps) {
  const narrow = useNarrow();
  const choices = <Choices nodes={nodes} state={state} />;
  return (
    <div className="object-tools">
      <FindField kind={kind} state={state} values={values} />
      {narrow ? (
        <details className="object-choices">
          <summary data-test={MARKS.objects.choices}>{choiceWords(state)}</summary>
          {choices}
        </details>
      ) : (
        choices
      )}
    </div>
  );
}

/** What is chosen, where there is no room for the choices. */
function choiceWords({ data, by, top, diff, deltaPercent }: ObjectState): string {
  const parts = [
    data.value === '' ? 'all nodes together' : `share of ${inertName(data.value)}`,
    by.value === '' ? 'seen by every node' : `seen by ${inertName(by.value)}`,
    `largest ${top}`,
    diff ? `differences Δ ${deltaPercent} %` : 'differences not marked',
  ];
  return parts.join(' · ');
}

function Choices({ nodes, state }: Pick<ObjectToolsProps, 'nodes' | 'state'>) {
  return (
    <>
      <NodeChoice
        label="Data of"
        mark={MARKS.objects.data}
        all="all nodes together"
        nodes={nodes}
        choice={state.data}
      />
      <NodeChoice label="Seen by" mark={MARKS.objects.by} all="every node" nodes={nodes} choice={state.by} />
      <Select
        label="Largest"
        mark={MARKS.objects.top}
        value={String(state.top)}
        options={TOPS.map((top) => ({ value: String(top), label: String(top) }))}
        onChange={(value) => state.chooseTop(Number(value))}
      />
      <DiffTools state={state} />
    </>
  );
}

function FindField({ kind, state, values }: Pick<ObjectToolsProps, 'kind' | 'state' | 'values'>) {
  const id = useId();
  const { find, hint } = kindWords(kind);
  const { value, choose } = state.find;
  // What is typed is looked for when it is done: a question to all nodes for each letter would be too many.
  const [typed, setTyped] = useState({ text: value, of: value });
  const shown = typed.of === value ? typed.text : value;
  const wrong = values.wanted.kind === 'wrong';
  return (
    <form
      className="object-find"
      onSubmit={(event) => {
        event.preventDefault();
        choose(shown.trim());
      }}
    >
      <label htmlFor={id}>{find}</label>
      <input
        id={id}
        type="text"
        className="input mono"
        placeholder={hint}
        autoComplete="off"
        spellCheck={false}
        maxLength={512}
        value={shown}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        data-test={MARKS.objects.find}
        onChange={(event) => setTyped({ text: event.target.value, of: value })}
      />
      <button type="submit" className="button">
        Find
      </button>
      {value === '' ? null : (
        <button type="button" className="link-button" onClick={() => choose('')}>
          Show all
        </button>
      )}
      {wrong ? (
        <span className="reason" id={`${id}-wrong`} data-test={MARKS.objects.findWrong}>
          This is no address and no netblock.
        </span>
      ) : null}
    </form>
  );
}

type NodeChoiceProps = {
  readonly label: string;
  readonly mark: string;
  readonly all: string;
  readonly nodes: readonly string[];
  readonly choice: Choice;
};

function NodeChoice({ label, mark, all, nodes, choice }: NodeChoiceProps) {
  const { value, choose } = choice;
  const names = value === '' || nodes.includes(value) ? nodes : [value, ...nodes];
  return (
    <Select
      label={label}
      mark={mark}
      value={value}
      options={[{ value: '', label: all }, ...names.map((name) => ({ value: name, label: inertName(name) }))]}
      onChange={choose}
    />
  );
}

type SelectProps = {
  readonly label: string;
  readonly mark: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
};

function Select({ label, mark, value, options, onChange }: SelectProps) {
  const id = useId();
  return (
    <span className="members-perspective">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        data-test={mark}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
}

function DiffTools({ state }: { readonly state: ObjectState }) {
  const { diff, deltaPercent } = state;
  return (
    <>
      <label className="object-diff">
        <input
          type="checkbox"
          checked={diff}
          data-test={MARKS.objects.diff}
          onChange={(event) => state.setDiff(event.target.checked)}
        />
        Differences
      </label>
      {diff ? (
        <Select
          label="of more than"
          mark={MARKS.objects.delta}
          value={String(deltaPercent)}
          options={DELTAS.map((delta) => ({
            value: String(delta),
            label: delta === 0 ? 'nothing' : `Δ ${delta} %`,
          }))}
          onChange={(value) => state.chooseDelta(Number(value))}
        />
      ) : null}
    </>
  );
}
