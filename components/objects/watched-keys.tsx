'use client';

/** The keys that somebody watches, above the rows: the value of now and how it went. */

import Link from 'next/link';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Spark } from '../ui/spark.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { sampleId, useWatchedKey, type WatchedKeyInput } from './use-watched-key.ts';
import { watchPicture } from './watch-samples.ts';

export type WatchedKeysProps = Omit<WatchedKeyInput, 'id'> & {
  readonly keys: readonly string[];
  readonly hrefOf: (key: string) => string;
  readonly onStop: (key: string) => void;
};

export function WatchedKeys({ keys, ...shared }: WatchedKeysProps) {
  if (keys.length === 0) return null;
  return (
    <ul className="watched" aria-label="Watched keys">
      {keys.map((key) => (
        <Watched key={key} id={key} {...shared} />
      ))}
    </ul>
  );
}

type WatchedProps = Omit<WatchedKeysProps, 'keys'> & { readonly id: string };

function Watched(props: WatchedProps) {
  const { object, view, id, samples, hrefOf, onStop } = props;
  const { compared, found } = useWatchedKey(props);
  const picture = watchPicture(samples.of(sampleId(object, view, id)));
  const { middle, deviants } = compared;
  return (
    <li className="watched-key" data-test={MARKS.objects.watched} data-key={id}>
      <Link href={hrefOf(id)} scroll={false} prefetch={false} className="mono">
        {inertName(id)}
      </Link>
      <b>{middle === null ? UNKNOWN : formatCount(middle)}</b>
      {deviants.length === 0 ? null : (
        <Status shape="disputed">differs on {deviants.map(inertName).join(', ')}</Status>
      )}
      {found === null && middle !== 0 ? <Status shape="unknown">not told</Status> : null}
      {picture === null ? null : <Spark lines={picture.lines.slice(0, 1)} words={picture.words} />}
      <button type="button" className="link-button" onClick={() => onStop(id)}>
        stop<span className="visually-hidden"> watching {inertName(id)}</span>
      </button>
    </li>
  );
}
