'use client';

/** One replicated object: its health, what is asked of it, its rows as each node sees them, and how it is replicated. */

import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { type ReactNode, useMemo, useState } from 'react';
import { roleObstacle } from '../duravips/actions/write-gate.ts';
import { useSession } from '../frame/session-gate.tsx';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { inertName } from '../ui/inert-text.ts';
import { CopyButton } from './copy-button.tsx';
import { FlushButton } from './flush-button.tsx';
import { KeyDetail } from './key-detail.tsx';
import { objectsHref, withinObjects } from './object-address.ts';
import { AmountCell, Flags, HealthCell } from './object-cells.tsx';
import type { ObjectLine } from './object-lines.ts';
import { useCacheTexts } from './object-queries.ts';
import { ObjectRaw } from './object-raw.tsx';
import { type ObjectState, useObjectState } from './object-state.ts';
import { ObjectTools } from './object-tools.tsx';
import { flagsOf, showCommand, viewOf } from './object-words.ts';
import { Replication } from './replication.tsx';
import type { ObjectsNow } from './use-object-lines.ts';
import { type ObjectValues, useObjectValues } from './use-object-values.ts';
import { ValueTable } from './value-table.tsx';
import { WatchSamples } from './watch-samples.ts';
import { WatchedKeys } from './watched-keys.tsx';

export function ObjectView({ object, now }: { readonly object: string; readonly now: ObjectsNow }) {
  const found = now.lines?.find(({ row }) => row.id === object);
  // What nobody has any more is shown as it was, while somebody looks at it.
  const [held, setHeld] = useState<ObjectLine>();
  if (found !== undefined && found !== held) setHeld(found);
  const line = found ?? held;
  if (line !== undefined) return <Known line={line} now={now} gone={found === undefined} />;
  return (
    <div className="objects-main">
      <ObjectHead object={object} />
      <p className="empty">
        {now.lines === null
          ? 'Waiting for the first data from the gateway…'
          : 'No node that is known now has an object of this name.'}
      </p>
    </div>
  );
}

type ObjectHeadProps = {
  readonly object: string;
  readonly line?: ObjectLine;
  readonly children?: ReactNode;
};

function ObjectHead({ object, line, children }: ObjectHeadProps) {
  return (
    <div className="page-head">
      <p className="object-back">
        <Link href={objectsHref()} prefetch={false} data-test={MARKS.objects.back}>
          Objects
        </Link>
        <span aria-hidden="true"> / </span>
      </p>
      <h1 className="page-title" data-test={MARKS.objects.title}>
        {inertName(object)}
      </h1>
      {line === undefined ? null : <ObjectFacts line={line} />}
      {children === undefined ? null : <div className="object-acts">{children}</div>}
    </div>
  );
}

function ObjectFacts({ line }: { readonly line: ObjectLine }) {
  const { row, entries, total } = line;
  return (
    <p className="page-facts object-facts" data-test={MARKS.objects.facts} data-kind={row.kind}>
      <HealthCell line={line} />
      <span>
        {inertName(row.kind)} <Flags flags={flagsOf(row)} />
      </span>
      <span>
        <b>
          <AmountCell amount={entries} />
        </b>{' '}
        entries{row.maxSize === null ? '' : ` of ${formatCount(row.maxSize)}`}
      </span>
      {total === null ? null : (
        <span>
          total{' '}
          <b>
            <AmountCell amount={total} />
          </b>
        </span>
      )}
    </p>
  );
}

type KnownProps = { readonly line: ObjectLine; readonly now: ObjectsNow; readonly gone: boolean };

function Known({ line, now, gone }: KnownProps) {
  const { row } = line;
  const view = viewOf(row.kind);
  const state = useObjectState();
  const values = useObjectValues(line, state, now);
  const params: { get(name: string): string | null; toString(): string } | null = useSearchParams();
  const open = params?.get('row') ?? null;
  const search = params?.toString() ?? '';
  const [samples] = useState(() => new WatchSamples());
  const texts = useTexts(values);
  const nodes = values.columns.map(({ node }) => node);
  const shared = {
    object: row.id,
    view: values.question.view,
    tree: view === 'tree',
    asked: values.asked,
    thresholdPart: state.deltaPercent / 100,
    samples,
  };
  const hrefOf = (key: string): string => withinObjects(search, { row: key });
  return (
    <>
      <div
        className="objects-main"
        data-detail={open === null ? undefined : 'open'}
        data-test={MARKS.objects.view}
      >
        <ObjectHead object={row.id} line={line}>
          <CopyButton what="console command" text={showCommand(row.id, state.data.value || null)} />
          {view === 'cache' ? (
            <>
              <TextsButton texts={texts} />
              <FlushButton object={row.id} />
            </>
          ) : null}
        </ObjectHead>
        <Replication line={line} />
        {gone ? <p className="object-note">No node has it any more: this is what was told last.</p> : null}
        {view === 'raw' ? <ObjectRaw line={line} /> : null}
        <ObjectTools kind={row.kind} nodes={nodes} state={state} values={values} />
        <WatchedKeys {...shared} keys={state.watched} hrefOf={hrefOf} onStop={state.toggleWatched} />
        <ShownLine values={values} state={state} />
        <ValueTable
          line={line}
          state={state}
          values={values}
          texts={texts.shown}
          openKey={open}
          nowMs={now.nowMs}
        />
      </div>
      {open === null ? null : (
        <KeyDetail
          key={open}
          {...shared}
          id={open}
          nodes={nodes}
          watched={state.watched.includes(open)}
          onWatch={() => state.toggleWatched(open)}
          hrefOf={hrefOf}
          closeHref={withinObjects(search, { row: '' })}
        />
      )}
    </>
  );
}

/** How much of it is in the table, and why nothing newer comes. */
function ShownLine({ values, state }: { readonly values: ObjectValues; readonly state: ObjectState }) {
  const { shown, trouble, wanted } = values;
  const where =
    wanted.kind === 'under'
      ? ` in ${wanted.netblock}`
      : wanted.kind === 'search'
        ? ` for ${wanted.text}`
        : state.data.value === ''
          ? ''
          : ` of ${inertName(state.data.value)}`;
  return (
    <p className="object-note">
      {shown === null ? null : (
        <span data-test={MARKS.objects.shown} data-count={shown.count} data-found={shown.found}>
          showing <b>{shown.count}</b> of <b>{formatCount(shown.found)}</b>
          {where}
        </span>
      )}
      {trouble === null ? null : (
        <span className="field-error" data-test={MARKS.objects.trouble}>
          {trouble} What is shown is what was told last.
        </span>
      )}
    </p>
  );
}

type Texts = {
  readonly shown: ReadonlyMap<string, string> | null;
  readonly busy: boolean;
  readonly failure: string | null;
  readonly press: () => void;
};

/** Values of a cache, asked for by a press and gone with the next one. */
function useTexts({ question, asked }: ObjectValues): Texts {
  const [look, setLook] = useState({ on: false, count: 0 });
  const answer = useCacheTexts(question, asked, look.on ? look.count : 0);
  const { data } = answer;
  const shown = useMemo(
    () =>
      look.on && data !== undefined
        ? new Map(data.rows.flatMap(({ key, text }) => (text === null ? [] : [[key, text] as const])))
        : null,
    [look.on, data],
  );
  return {
    shown,
    busy: look.on && answer.isFetching,
    failure: look.on ? (answer.error?.message ?? null) : null,
    press: () => setLook(({ on, count }) => ({ on: !on, count: count + 1 })),
  };
}

function TextsButton({ texts }: { readonly texts: Texts }) {
  const { account } = useSession();
  return (
    <>
      <ActionButton mark={MARKS.objects.texts} obstacle={roleObstacle(account.role)} onPress={texts.press}>
        {texts.busy ? 'Asking…' : texts.shown === null ? 'Show values' : 'Mask values'}
      </ActionButton>
      {texts.failure === null ? null : (
        <span className="field-error" role="alert">
          {texts.failure}
        </span>
      )}
    </>
  );
}
