'use client';

/** One operation: how far each address is, what went wrong and what can be done about it. */

import type { OperationItem, OperationRow } from '../../../server/wire/duravip.ts';
import { useGatewayNow } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { formatMoment, plural } from '../../ui/format-time.ts';
import { inertName, inertText } from '../../ui/inert-text.ts';
import { Status } from '../../ui/status-glyph.tsx';
import { NodesSay } from './nodes-say.tsx';
import { OperationActions } from './operation-actions.tsx';
import { countWords, operationState, troubleOf } from './operation-words.ts';
import { StageTrack } from './stage-track.tsx';
import { useWholeOperation } from './use-operation.ts';
import type { VipAction } from './vip-action.ts';

const NOW_EVERY_MS = 250;

export type OperationViewProps = {
  readonly operation: OperationRow;
  readonly onAct: (action: VipAction) => void;
};

export function OperationView({ operation, onAct }: OperationViewProps) {
  const nowMs = useGatewayNow(NOW_EVERY_MS);
  const { actor, reason, createdMs, items, counts } = operation;
  const { shape, word } = operationState(operation);
  const [only] = items;
  return (
    <div
      className="operation-view"
      data-test={MARKS.duravips.actions.operation}
      data-operation={operation.id}
      data-kind={operation.kind}
      data-state={operation.state}
    >
      <p className="operation-facts">
        <Status shape={shape} mark={MARKS.duravips.actions.state}>
          {word}
        </Status>
        <span className="muted">
          asked for by {inertName(actor)} at {formatMoment(createdMs, nowMs)}
          {reason === '' ? '' : `: ${inertText(reason)}`}
        </span>
      </p>
      {counts.all === 1 && only !== undefined ? (
        <OneAddress item={only} operation={operation} nowMs={nowMs} />
      ) : (
        <ManyAddresses operation={operation} nowMs={nowMs} />
      )}
      <OperationActions operation={operation} nowMs={nowMs} onAct={onAct} />
    </div>
  );
}

type OneAddressProps = {
  readonly item: OperationItem;
  readonly operation: OperationRow;
  readonly nowMs: number | null;
};

function OneAddress({ item, operation, nowMs }: OneAddressProps) {
  const trouble = troubleOf(item, operation.createdMs, nowMs);
  return (
    <>
      {operation.kind === 'unpin' ? null : (
        <StageTrack item={item} createdMs={operation.createdMs} nowMs={nowMs} />
      )}
      {trouble === null ? null : (
        <div
          className="notice operation-trouble"
          data-test={MARKS.duravips.actions.trouble}
          data-kind={trouble.kind}
        >
          <Status
            shape={trouble.kind === 'late' ? 'warning' : trouble.kind === 'unknown' ? 'unknown' : 'critical'}
          >
            {trouble.title}
          </Status>
          <p>{trouble.text}</p>
        </div>
      )}
      {trouble === null || trouble.kind === 'refused' ? null : <NodesSay address={item.address} />}
      <div>
        <p className="label">Sent</p>
        <code className="operation-command" data-test={MARKS.duravips.actions.command}>
          {inertText(item.command)}
        </code>
      </div>
    </>
  );
}

/** Addresses of a large operation that are listed by name: those that went wrong, then those under way. */
const LISTED_MAX = 100;

function ManyAddresses({ operation, nowMs }: Omit<OneAddressProps, 'item'>) {
  const whole = useWholeOperation(operation);
  const { counts } = operation;
  if (counts.all === 0) return null;
  const wrong = whole.items.filter((item) => isWrong(item));
  const running = whole.items.filter(
    ({ state }) => state === 'running' || state === 'late' || state === 'waiting',
  );
  const unlisted = counts.failed + counts.unknown - wrong.length;
  return (
    <>
      <div className="operation-progress" data-test={MARKS.duravips.actions.progress}>
        <progress max={counts.all} value={counts.done} aria-label="Addresses done" />
        <span>{countWords(operation)}</span>
      </div>
      {wrong.length === 0 ? null : (
        <div>
          <p className="label">Not done: {counts.failed + counts.unknown}</p>
          <ul className="operation-list">
            {wrong.slice(0, LISTED_MAX).map((item) => (
              <ItemLine key={item.address} item={item} operation={operation} nowMs={nowMs} />
            ))}
          </ul>
          {wrong.length + unlisted > LISTED_MAX ? (
            <p className="muted">and {wrong.length + unlisted - LISTED_MAX} more</p>
          ) : null}
        </div>
      )}
      {running.length === 0 || wrong.length > 0 ? null : (
        <p className="muted">
          Under way:{' '}
          {running
            .slice(0, 5)
            .map(({ address }) => inertName(address))
            .join(', ')}
          {running.length > 5 ? ` and ${plural(running.length - 5, 'other')}` : ''}
        </p>
      )}
    </>
  );
}

function isWrong({ state }: OperationItem): boolean {
  return state === 'failed' || state === 'refused' || state === 'unknown' || state === 'late';
}

function ItemLine({ item, operation, nowMs }: OneAddressProps) {
  const trouble = troubleOf(item, operation.createdMs, nowMs);
  return (
    <li data-test={MARKS.duravips.actions.failure} data-address={item.address} data-state={item.state}>
      <span className="mono">{inertName(item.address)}</span>
      {item.to === null ? '' : ` to ${inertName(item.to)}`}: {trouble?.title.toLowerCase() ?? 'late'}
      {trouble === null || trouble.text === '' ? '' : `, ${trouble.text}`}
    </li>
  );
}
