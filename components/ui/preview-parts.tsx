'use client';

/** The lines of a preview sheet. Structural: each knows its one place there. */

import { useId, useState } from 'react';
import type { CommandClass } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { CLASS_WORDS, ClassPlate } from './class-plate.tsx';
import { copyText } from './data-table/copy-text.ts';
import { formatAge } from './format-time.ts';
import { inertName, inertText } from './inert-text.ts';
import type { Precondition, PreviewData, PreviewOutcome } from './preview-obstacle.ts';
import { NodeSigil } from './sigil.tsx';
import { type GlyphShape, Status } from './status-glyph.tsx';

export type PreviewTarget = {
  readonly name: string;
  /** Beside the name, for example `silent for 14 s`. */
  readonly note?: string;
  /** A node: drawn with its sigil. */
  readonly node?: boolean;
};

export type PreviewTargets = {
  /** Whom it reaches, with the count: `all nodes: 5`. */
  readonly label: string;
  readonly list: readonly PreviewTarget[];
};

/** Targets that are listed; more are counted, and all are in the count of the label. */
export const TARGETS_LISTED_MAX = 64;
export const REASON_CHARACTERS_MAX = 1_000;

export function PreviewClass({
  value,
  note,
  words,
}: {
  readonly value: CommandClass;
  readonly note: string | undefined;
  readonly words: string | undefined;
}) {
  return (
    <p className="class-line" data-test={MARKS.preview.class} data-class={value}>
      <ClassPlate value={value} />
      <span>
        class {value}: {note === undefined ? '' : `${note} · `}
        {words ?? CLASS_WORDS[value]}
      </span>
    </p>
  );
}

export function PreviewExact({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div>
      <p className="label preview-exact-head">
        {label}
        <CopyButton text={text} />
      </p>
      <pre className="preview-exact" data-test={MARKS.preview.exact}>
        {inertText(text)}
      </pre>
    </div>
  );
}

/** Says that it was copied, or that the browser did not allow it. */
function CopyButton({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = async (): Promise<void> => setCopied(await copyText(text));
  return (
    <button
      type="button"
      className="link-button preview-copy"
      data-test={MARKS.preview.copy}
      onClick={() => void copy()}
    >
      {copied === null ? 'copy' : copied ? 'copied' : 'could not copy'}
    </button>
  );
}

export function PreviewTargetList({ targets }: { readonly targets: PreviewTargets }) {
  const shown = targets.list.slice(0, TARGETS_LISTED_MAX);
  const more = targets.list.length - shown.length;
  return (
    <div data-test={MARKS.preview.targets}>
      <p className="label">{targets.label}</p>
      <ul className="preview-targets">
        {shown.map(({ name, note, node }) => (
          <li key={name} className="name-tag">
            {node === true ? <NodeSigil name={name} size="small" /> : null}
            <span className="isolate-text">{inertName(name)}</span>
            {note === undefined ? null : <Status shape="unknown">{note}</Status>}
          </li>
        ))}
        {more > 0 ? <li className="muted">and {more} more</li> : null}
      </ul>
    </div>
  );
}

export function PreviewDataAge({ data }: { readonly data: PreviewData }) {
  const age = data.ageMs === null ? 'No data has arrived yet.' : `The data is ${formatAge(data.ageMs)} old.`;
  return (
    <p className="preview-data" data-test={MARKS.preview.data}>
      <Status shape={data.obstacle === null ? 'ok' : 'unknown'}>
        {data.obstacle === null
          ? age
          : `${age} It is not enough to act on: ${data.obstacle}. The button works again once the data is live.`}
      </Status>
    </p>
  );
}

const PRECONDITION_GLYPHS: Readonly<Record<Precondition['state'], GlyphShape>> = {
  holds: 'ok',
  changed: 'critical',
  unknown: 'unknown',
};

const PRECONDITION_WORDS: Readonly<Record<Precondition['state'], string>> = {
  holds: '',
  changed: 'changed: ',
  unknown: 'not known: ',
};

export function PreviewPreconditions({ list }: { readonly list: readonly Precondition[] }) {
  return (
    <div>
      <p className="label">What must hold</p>
      <ul className="preview-preconditions">
        {list.map(({ text, state }) => (
          <li key={text} data-test={MARKS.preview.precondition} data-state={state}>
            <Status shape={PRECONDITION_GLYPHS[state]}>
              {PRECONDITION_WORDS[state]}
              {text}
            </Status>
          </li>
        ))}
      </ul>
    </div>
  );
}

type TypedNameProps = {
  readonly name: string;
  readonly ofCluster: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
};

export function PreviewTypedName({ name, ofCluster, value, onChange }: TypedNameProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        Type {ofCluster ? 'the name of the cluster, ' : ''}
        <b className="mono isolate-text">{inertName(name)}</b>
        {ofCluster ? ',' : ''} to confirm
      </label>
      <input
        className="input mono"
        id={id}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={value}
        data-test={MARKS.preview.typedName}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

type ReasonProps = {
  readonly required: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
};

export function PreviewReason({ required, value, onChange }: ReasonProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Reason, for the audit ({required ? 'needed' : 'optional'})</label>
      <input
        className="input"
        id={id}
        maxLength={REASON_CHARACTERS_MAX}
        autoComplete="off"
        aria-required={required}
        value={value}
        data-test={MARKS.preview.reason}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

const OUTCOME_GLYPHS: Readonly<Record<PreviewOutcome['kind'], GlyphShape>> = {
  accepted: 'ok',
  refused: 'critical',
  partly: 'warning',
  failed: 'critical',
  unknown: 'unknown',
};

const OUTCOME_WORDS: Readonly<Record<PreviewOutcome['kind'], string>> = {
  accepted: 'Accepted',
  refused: 'Refused',
  partly: 'Partly done',
  failed: 'Failed',
  unknown: 'Outcome unknown',
};

export function PreviewOutcomeNote({ outcome }: { readonly outcome: PreviewOutcome }) {
  return (
    <div
      className="notice preview-outcome"
      role={outcome.kind === 'accepted' ? 'status' : 'alert'}
      data-test={MARKS.preview.outcome}
      data-kind={outcome.kind}
    >
      <Status shape={OUTCOME_GLYPHS[outcome.kind]}>{OUTCOME_WORDS[outcome.kind]}</Status>
      <p>{inertText(outcome.text)}</p>
      {outcome.list === undefined || outcome.list.length === 0 ? null : (
        <ul className="preview-outcome-list">
          {outcome.list.map((each) => (
            <li key={each}>{inertText(each)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
