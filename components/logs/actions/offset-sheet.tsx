'use client';

/** An offset change (W3): rewind or skip, with what its node says that would do, before anything is sent. */

import { useId, useState } from 'react';
import { useSettled } from '../../console/job-queries.ts';
import { MARKS } from '../../test-marks.ts';
import { useLogReview } from '../log-queries.ts';
import { decimalPosition, readPosition } from '../positions.ts';
import { LogCommandSheet } from './log-command-sheet.tsx';
import type { LogSheetProps } from './log-sheet.tsx';
import { OFFSET_KINDS, type OffsetDraft, type OffsetKind, objectWords, targetOf } from './review-words.ts';

const KIND_WORDS: Readonly<Record<OffsetKind, string>> = {
  begin: 'the oldest record that is kept',
  end: 'the end: everything up to now is skipped',
  position: 'a position',
  records: 'so many records',
};

/** Typing pauses this long before the node is asked. */
const SETTLED_AFTER_MS = 250;

export function OffsetSheet({ line, onClose }: LogSheetProps) {
  const [draft, setDraft] = useState<OffsetDraft | null>(null);
  const [look, setLook] = useState(0);
  const { row, subscriber } = line;
  const settled = useSettled(draft, SETTLED_AFTER_MS);
  // While somebody types, nothing that was said of another place stands here.
  const target = draft === null || settled !== draft ? undefined : targetOf(draft);
  const of = { node: row.node, log: row.log, subscriber: subscriber?.name ?? '' };
  const review = useLogReview(of, target, look);
  const incomplete =
    draft === null
      ? 'choose where to first'
      : targetOf(draft) === undefined
        ? 'that is no place to go to'
        : null;
  return (
    <LogCommandSheet
      line={line}
      title={`Change the offset of ${objectWords(line)}`}
      verb="Move"
      review={{
        data: target === undefined ? undefined : review.data,
        error: target === undefined ? null : review.error,
        isFetching: review.isFetching || (incomplete === null && target === undefined),
      }}
      onReview={() => setLook(look + 1)}
      lead={<Where draft={draft} onChange={setDraft} />}
      obstacle={incomplete}
      onClose={onClose}
    />
  );
}

const FIRST: OffsetDraft = { kind: 'begin', position: '', records: '', direction: 'back' };

type WhereProps = { readonly draft: OffsetDraft | null; readonly onChange: (draft: OffsetDraft) => void };

function Where({ draft, onChange }: WhereProps) {
  const name = useId();
  return (
    <fieldset className="offset-choices">
      <legend className="label">Go to</legend>
      {OFFSET_KINDS.map((kind) => (
        <label key={kind} className="offset-choice">
          <input
            type="radio"
            name={name}
            checked={draft?.kind === kind}
            data-test={MARKS.logs.actions.choice}
            data-kind={kind}
            onChange={() => onChange({ ...(draft ?? FIRST), kind })}
          />
          {KIND_WORDS[kind]}
        </label>
      ))}
      {draft?.kind === 'position' ? <PositionField draft={draft} onChange={onChange} /> : null}
      {draft?.kind === 'records' ? <RecordsField draft={draft} onChange={onChange} /> : null}
    </fieldset>
  );
}

type FieldProps = { readonly draft: OffsetDraft; readonly onChange: (draft: OffsetDraft) => void };

/** Takes both forms in which positions are copied. */
function PositionField({ draft, onChange }: FieldProps) {
  const id = useId();
  const read = readPosition(draft.position);
  const wrong = draft.position.trim() !== '' && read === undefined;
  return (
    <div className="field">
      <label htmlFor={id}>Position: 00000003:00001f00, or in decimal 3/7936</label>
      <input
        id={id}
        className="input mono"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={40}
        value={draft.position}
        aria-invalid={wrong}
        aria-describedby={`${id}-read`}
        data-test={MARKS.logs.actions.position}
        onChange={(event) => onChange({ ...draft, position: event.target.value })}
      />
      <p className={wrong ? 'field-error' : 'field-hint'} id={`${id}-read`}>
        {wrong
          ? 'That is no position.'
          : read === undefined
            ? 'Segment and record.'
            : `${read} is ${decimalPosition(read)}`}
      </p>
    </div>
  );
}

function RecordsField({ draft, onChange }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Records</label>
      <span className="offset-records">
        <input
          id={id}
          className="input"
          inputMode="numeric"
          autoComplete="off"
          maxLength={10}
          value={draft.records}
          data-test={MARKS.logs.actions.records}
          onChange={(event) => onChange({ ...draft, records: event.target.value })}
        />
        <select
          className="input"
          aria-label="Direction"
          value={draft.direction}
          data-test={MARKS.logs.actions.direction}
          onChange={(event) => onChange({ ...draft, direction: event.target.value === 'on' ? 'on' : 'back' })}
        >
          <option value="back">back: read again</option>
          <option value="on">on: skipped</option>
        </select>
      </span>
    </div>
  );
}
