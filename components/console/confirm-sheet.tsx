'use client';

/** The last look before a write: exact command, exact targets, what must be typed, and the guarded switch. */

import { useState } from 'react';
import type { CommandTarget } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { GuardedSwitch } from '../ui/guarded-switch.tsx';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Sheet } from '../ui/sheet.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { ClassLine } from './class-plate.tsx';
import { targetText } from './command-target.ts';
import type { Classification } from './job-queries.ts';

export type Confirmation = { readonly typedName?: string; readonly reason?: string };

export type ConfirmSheetProps = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly nodes: readonly string[];
  readonly classification: Classification;
  /** From freshness or role; null when nothing stands in the way. */
  readonly obstacle: string | null;
  /** Why the last attempt was not sent; said here, because nothing behind the sheet can be seen or heard. */
  readonly failure: string | null;
  readonly onClose: () => void;
  readonly onConfirm: (confirmation: Confirmation) => void;
};

export function ConfirmSheet(props: ConfirmSheetProps) {
  const { command, target, nodes, classification, failure, onClose, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const { typedName } = classification;
  const heavy = classification.class === 'W3' || classification.class === 'W4';
  const untyped =
    typedName !== null && typed.trim() !== typedName ? `type ${inertName(typedName)} first` : null;
  const confirm = (): void =>
    onConfirm({
      ...(typedName === null ? {} : { typedName: typed.trim() }),
      ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
    });
  return (
    <Sheet
      title={`Send a ${classification.class} command`}
      open
      onClose={onClose}
      mark={MARKS.console.sheet}
      closeMark={MARKS.console.cancel}
      foot={
        <GuardedSwitch
          cover={`Lift to run on ${plural(nodes.length, 'node')}`}
          commit={`Run on ${plural(nodes.length, 'node')}`}
          obstacle={props.obstacle ?? untyped}
          heavy={heavy}
          onCommit={confirm}
        />
      }
    >
      <ClassLine classification={classification} />
      <div>
        <p className="label">Exactly this goes out, by broadcast</p>
        <pre className="confirm-command" data-test={MARKS.console.sheetCommand}>
          {inertText(command)}
        </pre>
      </div>
      <div>
        <p className="label">To {targetText(target)}</p>
        <ul className="confirm-nodes">
          {nodes.map((node) => (
            <li key={node} className="name-tag">
              <NodeSigil name={node} size="small" />
              <span className="isolate-text">{inertName(node)}</span>
            </li>
          ))}
        </ul>
      </div>
      {typedName === null ? null : (
        <div className="field">
          <label htmlFor="typed-name">
            Type <b className="mono">{inertName(typedName)}</b> to confirm
          </label>
          <input
            className="input mono"
            id="typed-name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            data-test={MARKS.console.typedName}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      )}
      <div className="field">
        <label htmlFor="confirm-reason">Reason, for the audit (optional)</label>
        <input
          className="input"
          id="confirm-reason"
          maxLength={1_000}
          value={reason}
          data-test={MARKS.console.reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      {failure === null ? null : (
        <p className="field-error" role="alert" data-test={MARKS.console.error}>
          {failure}
        </p>
      )}
    </Sheet>
  );
}
