'use client';

/** The live tail of one log: bounded, filtered and held here; what is left out or cannot be read is said in its place. */

import Link from 'next/link';
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useSession } from '../../frame/session-gate.tsx';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { formatMoment, formatRfc3339, plural } from '../../ui/format-time.ts';
import { inertName, inertText } from '../../ui/inert-text.ts';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { type GlyphShape, Status } from '../../ui/status-glyph.tsx';
import { filteredTail, TAIL_LINES_MAX, type TailLine } from './tail-lines.ts';
import { type Tail, useTail } from './use-tail.ts';

/** @param id `node/log` of a row. */
export function TailView({ id, closeHref }: { readonly id: string; readonly closeHref: string }) {
  const row = useCollection('logs')[id];
  const { account } = useSession();
  const title = row === undefined ? inertName(id) : `${inertName(row.log)} on ${inertName(row.node)}`;
  return (
    <section className="tail" aria-labelledby="tail-title" data-test={MARKS.logs.tail.view}>
      <div className="section-head tail-head">
        <h2 className="section-title" id="tail-title">
          Live tail of {title}
        </h2>
        <Link
          className="button"
          href={closeHref}
          prefetch={false}
          data-test={MARKS.logs.tail.close}
          aria-label="Close the tail"
        >
          Close
        </Link>
      </div>
      {account.role === 'viewer' ? (
        <p className="muted tail-note">The lines of a log need the operator role.</p>
      ) : row === undefined ? (
        <p className="muted tail-note">No node that is known now publishes this log.</p>
      ) : (
        <Followed node={row.node} log={row.log} />
      )}
    </section>
  );
}

function Followed({ node, log }: { readonly node: string; readonly log: string }) {
  const [following, setFollowing] = useState(true);
  const [filter, setFilter] = useState('');
  const tail = useTail({ node, log }, following);
  const shown = useMemo(() => filteredTail(tail.lines, filter), [tail.lines, filter]);
  const list = useKeptEnd(shown);
  return (
    <>
      <div className="tail-bar">
        <input
          className="input"
          type="search"
          aria-label="Show only lines with"
          placeholder="Show only lines with…"
          maxLength={200}
          value={filter}
          data-test={MARKS.logs.tail.filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <ActionButton mark={MARKS.logs.tail.follow} obstacle={null} onPress={() => setFollowing(!following)}>
          {following ? 'Pause' : 'Resume'}
        </ActionButton>
        <TailState tail={tail} following={following} shown={shown.length} />
      </div>
      {tail.answers > 0 && shown.length === 0 ? (
        <p className="muted tail-note">
          {tail.lines.length === 0 ? 'Nothing was written yet.' : 'No line contains this.'}
        </p>
      ) : null}
      <ScrollRegion className="tail-scroll" label={`Lines of ${inertName(log)} on ${inertName(node)}`}>
        <ol className="tail-lines" ref={list}>
          {shown.map((line) => (
            <Line key={line.key} line={line} />
          ))}
        </ol>
      </ScrollRegion>
    </>
  );
}

const NEAR_PX = 40;

/** Stays at the newest line, unless somebody scrolled up to read. @returns for the list inside of what scrolls. */
function useKeptEnd(lines: readonly TailLine[]) {
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const box = list.current?.parentElement;
    if (box == null) return;
    const scrolled = (): void => {
      atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    };
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => box.removeEventListener('scroll', scrolled);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the end
  useLayoutEffect(() => {
    const box = list.current?.parentElement;
    if (box != null && atEnd.current) box.scrollTop = box.scrollHeight;
  }, [lines]);
  return list;
}

type TailStateProps = { readonly tail: Tail; readonly following: boolean; readonly shown: number };

function TailState({ tail, following, shown }: TailStateProps) {
  const { shape, words } = stateWords(tail, following);
  const parts = [
    plural(shown, 'line'),
    ...(tail.dropped === 0 ? [] : [`${tail.dropped} older ones are not kept: at most ${TAIL_LINES_MAX}`]),
  ];
  return (
    <span className="tail-state" data-test={MARKS.logs.tail.state} data-shape={shape}>
      <Status shape={shape}>{words}</Status> <span className="muted">{parts.join(', ')}</span>
    </span>
  );
}

function stateWords(tail: Tail, following: boolean): { readonly shape: GlyphShape; readonly words: string } {
  if (!following) return { shape: 'none', words: 'paused' };
  if (tail.failure !== null) return { shape: 'unknown', words: inertText(tail.failure) };
  if (tail.answers === 0) return { shape: 'moving', words: 'asking the node' };
  return { shape: 'ok', words: 'follows each second' };
}

const Line = memo(function Line({ line }: { readonly line: TailLine }) {
  if (line.kind === 'record') {
    const { id, atMs, text, cut } = line.record;
    return (
      <li className="tail-line" data-test={MARKS.logs.tail.line} data-id={id}>
        <span className="tail-at" title={`${formatRfc3339(atMs)} by the clock of the node, ${id}`}>
          {formatMoment(atMs, atMs)}
        </span>
        <span className="tail-text">
          {inertText(text)}
          {cut ? <span className="muted"> … cut</span> : null}
        </span>
      </li>
    );
  }
  return (
    <li className="tail-mark" data-test={MARKS.logs.tail.mark} data-kind={line.kind}>
      <Status shape={line.kind === 'gap' ? 'critical' : 'warning'}>
        {line.kind === 'gap' ? `not readable: ${inertText(line.text)}` : skippedWords(line.count)}
      </Status>
    </li>
  );
});

function skippedWords(count: number | null): string {
  return count === null
    ? 'some lines may be left out here: too many came at once'
    : `${plural(count, 'line')} left out here: too many came at once`;
}
