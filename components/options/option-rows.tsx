'use client';

/** One scope and its options: value, where it comes from, when a change takes effect. */

import { useId } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment } from '../ui/format-time.ts';
import { Status } from '../ui/status-glyph.tsx';
import {
  defaultWords,
  effectiveWords,
  isChanged,
  type OptionScope,
  type OptionView,
  originWords,
  scopeTitle,
} from './option-words.ts';

export function OptionRows({ scope }: { readonly scope: OptionScope }) {
  const titleId = useId();
  const gatewayMs = useGatewayNow(60_000);
  return (
    <section className="option-scope" aria-labelledby={titleId} data-test={MARKS.options.scope}>
      <h3 className="option-scope-title" id={titleId}>
        <span className="mono isolate-text">{scopeTitle(scope.path)}</span>
        {scope.configured ? null : <span className="muted"> not configured: defaults apply</span>}
      </h3>
      {scope.options.length === 0 ? (
        <p className="muted">It has no options of its own.</p>
      ) : (
        <table className="option-table">
          <thead>
            <tr>
              {['Option', 'Value', 'Comes from', 'A change'].map((label) => (
                <th key={label} scope="col" className="label">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {scope.options.map((option) => (
              <OptionRow key={option.name} option={option} scope={scope.path} gatewayMs={gatewayMs} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

type OptionRowProps = {
  readonly option: OptionView;
  readonly scope: string;
  readonly gatewayMs: number | null;
};

function OptionRow({ option, scope, gatewayMs }: OptionRowProps) {
  const changed = isChanged(option);
  return (
    <tr
      data-test={MARKS.options.row}
      data-option={option.name}
      data-origin={option.origin.kind}
      data-changed={changed || undefined}
    >
      <th scope="row">
        {changed ? (
          <span className="changed-mark" title="not the default">
            <span className="visually-hidden">changed: </span>
          </span>
        ) : null}
        <span className="mono">{option.name}</span>
      </th>
      <td className="option-value">
        <span
          className={option.value === null && !option.secret ? 'muted' : 'mono isolate-text'}
          data-test={MARKS.options.value}
        >
          {effectiveWords(option)}
        </span>
        {option.secret ? <span className="muted"> secret</span> : null}
        {changed && !option.secret ? (
          <span className="option-default muted">default {defaultWords(option)}</span>
        ) : null}
      </td>
      <td className="option-origin" data-test={MARKS.options.origin}>
        {originWords(option, scope, (wallMs) => formatMoment(wallMs, gatewayMs))}
      </td>
      <td className="option-change">
        {option.restartNeeded ? (
          <Status shape="warning" mark={MARKS.options.restart}>
            waits for a restart
          </Status>
        ) : (
          <span className="muted">{option.dynamic ? 'at run time' : 'after a restart'}</span>
        )}
      </td>
    </tr>
  );
}
