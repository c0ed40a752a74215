'use client';

/** One key of an object: what each node says of it, how it went since it is open, what covers it, how to ask the console. */

import Link from 'next/link';
import { useEffect, useRef } from 'react';
import { groupDigits } from '../bus/bus-words.ts';
import { consoleHref } from '../console/console-address.ts';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { CopyButton } from './copy-button.tsx';
import { formatPart, showCommand } from './object-words.ts';
import { sampleId, useWatchedKey, type WatchedKey, type WatchedKeyInput } from './use-watched-key.ts';
import { WatchChart } from './watch-chart.tsx';

export type KeyDetailProps = WatchedKeyInput & {
  readonly nodes: readonly string[];
  readonly watched: boolean;
  readonly onWatch: () => void;
  readonly hrefOf: (key: string) => string;
  readonly closeHref: string;
};

export function KeyDetail(props: KeyDetailProps) {
  const { object, view, nodes, samples, watched } = props;
  const now = useWatchedKey(props);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const command = showCommand(object, view === 'global' ? null : view);
  return (
    <aside
      className="node-panel object-detail"
      aria-labelledby="object-key-title"
      data-test={MARKS.objects.detail}
      data-key={props.id}
    >
      <div className="node-head">
        <div className="node-head-words">
          <h2
            className="node-title mono"
            id="object-key-title"
            ref={title}
            tabIndex={-1}
            data-test={MARKS.objects.detailTitle}
          >
            {inertName(props.id)}
          </h2>
          <p className="muted">
            of {inertName(object)}, {view === 'global' ? 'all nodes together' : `share of ${inertName(view)}`}
          </p>
        </div>
        <Link
          className="button"
          href={props.closeHref}
          scroll={false}
          prefetch={false}
          data-test={MARKS.objects.detailClose}
          aria-label="Close the detail"
        >
          Close
        </Link>
      </div>
      <div className="node-body">
        {now.trouble === null ? null : <p role="alert">{now.trouble}</p>}
        {now.found === null ? <p className="muted">{missingWords(now)}</p> : null}
        <div className="vip-acts">
          <button
            type="button"
            className="button"
            aria-pressed={watched}
            data-test={MARKS.objects.watch}
            onClick={props.onWatch}
          >
            {watched ? 'Stop watching' : 'Watch above the table'}
          </button>
          <CopyButton what="console command" text={command} />
          <Link className="button" href={consoleHref({ command })} prefetch={false}>
            Ask in the console
          </Link>
        </div>
        <section aria-labelledby="object-key-nodes">
          <h3 className="section-title" id="object-key-nodes">
            What each node says
          </h3>
          <NodeValues nodes={nodes} asked={props.asked} now={now} />
        </section>
        <section aria-labelledby="object-key-chart">
          <h3 className="section-title" id="object-key-chart">
            Since you watch it
          </h3>
          <WatchChart samples={samples.of(sampleId(object, view, props.id))} />
        </section>
        {now.around.length === 0 ? null : (
          <section aria-labelledby="object-key-around">
            <h3 className="section-title" id="object-key-around">
              What covers it
            </h3>
            <ul className="plain-list">
              {now.around.map((key) => (
                <li key={key}>
                  <Link href={props.hrefOf(key)} scroll={false} prefetch={false} className="mono">
                    {inertName(key)}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </aside>
  );
}

/** Nothing there is not the same as nothing told. */
function missingWords({ compared, trouble }: WatchedKey): string {
  if (trouble !== null || compared.middle === null) return 'No node tells of this key now.';
  return compared.middle === 0
    ? 'No node that answers has this key now.'
    : 'Not every node tells of this key.';
}

type NodeValuesProps = {
  readonly nodes: readonly string[];
  readonly asked: readonly string[];
  readonly now: WatchedKey;
};

function NodeValues({ nodes, asked, now: { values, compared } }: NodeValuesProps) {
  return (
    <dl className="facts object-says">
      {nodes.map((node) => {
        const value = values.get(node);
        const off = compared.deviants.includes(node);
        return (
          <div key={node}>
            <dt>
              <span className="name-tag">
                <NodeSigil name={node} size="small" dim={value === undefined} />
                <span className="name-tag-text">{inertName(node)}</span>
              </span>
            </dt>
            <dd title={value === undefined ? undefined : groupDigits(value)}>
              {value === undefined ? (
                <Status shape="unknown">{asked.includes(node) ? 'not told' : 'silent'}</Status>
              ) : off ? (
                <Status shape="disputed">{formatCount(value)}</Status>
              ) : (
                formatCount(value)
              )}
            </dd>
          </div>
        );
      })}
      <div>
        <dt>Apart</dt>
        <dd>{compared.part === null ? '—' : formatPart(compared.part)}</dd>
      </div>
    </dl>
  );
}
