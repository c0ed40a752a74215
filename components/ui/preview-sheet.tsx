'use client';

/**
 * The last look before an action, the same for every class R, W1 to W4 (ui.md 2.1): what exactly goes out, to whom,
 * what it will do, how old the data is that says so, what must hold, and what must be typed. It knows no domain and
 * sends nothing: the caller does, and gives back what became of it. Nothing typed here is kept.
 */

import { type ReactNode, useState } from 'react';
import type { CommandClass } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from './action-button.tsx';
import { GuardedSwitch } from './guarded-switch.tsx';
import {
  isFinal,
  type Precondition,
  type PreviewData,
  type PreviewOutcome,
  previewObstacle,
  type ReasonRule,
  reasonRuleOf,
} from './preview-obstacle.ts';
import {
  PreviewClass,
  PreviewDataAge,
  PreviewExact,
  PreviewOutcomeNote,
  PreviewPreconditions,
  PreviewReason,
  PreviewTargetList,
  type PreviewTargets,
  PreviewTypedName,
} from './preview-parts.tsx';
import { Sheet } from './sheet.tsx';

export type PreviewConfirmation = { readonly typedName?: string; readonly reason?: string };

export type PreviewSheetProps = {
  readonly title: string;
  readonly class: CommandClass;
  /** Said beside the class, for example `unknown command`. */
  readonly classNote?: string;
  /** In place of what the class usually asks for, where this sheet asks for something else. */
  readonly classWords?: string;
  /** With `object` the text of the confirm button: `Revoke` and `token ci`. The object may be long: it is cut. */
  readonly verb: string;
  readonly object: string;
  /** Before everything else: what it is about, where that has to be chosen here. */
  readonly lead?: ReactNode;
  /** In place of the usual face of a write, for example one to hold on a phone. It must honour the obstacle. */
  readonly face?: (face: ConfirmFaceProps) => ReactNode;
  /** The command, broadcast or request that goes out; shown as it is. */
  readonly exactly?: { readonly label: string; readonly text: string };
  readonly targets?: PreviewTargets;
  /** What it will do, in one or two sentences or a list: the blast radius. */
  readonly effect: ReactNode;
  /** Null where the preview depends on no live data. */
  readonly data: PreviewData | null;
  readonly preconditions?: readonly Precondition[];
  /** What must be typed; null for R, W1, W2. For W4 it is the name of the cluster. */
  readonly typedName: string | null;
  readonly reason?: ReasonRule;
  /** From the role, or whatever else stands in the way; null when nothing does. */
  readonly obstacle: string | null;
  readonly busy: boolean;
  readonly outcome: PreviewOutcome | null;
  /** More to see, below everything else. */
  readonly children?: ReactNode;
  readonly onClose: () => void;
  readonly onConfirm: (confirmation: PreviewConfirmation) => void;
};

/** Characters of the object on the confirm button. */
const OBJECT_CHARACTERS_MAX = 60;

export function PreviewSheet(props: PreviewSheetProps) {
  const { class: commandClass, data, typedName, outcome, preconditions = [], reason = 'none' } = props;
  const [typed, setTyped] = useState('');
  const [why, setWhy] = useState('');
  const reasonRule = reasonRuleOf(commandClass, reason);
  const obstacle = previewObstacle({
    class: commandClass,
    busy: props.busy,
    obstacle: props.obstacle,
    data,
    preconditions,
    typedName,
    typed,
    reasonRule,
    reason: why,
    outcome,
  });
  const confirm = (): void =>
    props.onConfirm({
      ...(typedName === null ? {} : { typedName: typed.trim() }),
      ...(why.trim() === '' ? {} : { reason: why.trim() }),
    });
  const over = isFinal(outcome);
  const face: ConfirmFaceProps = {
    class: commandClass,
    verb: props.verb,
    object: cut(props.object),
    obstacle,
    onConfirm: confirm,
  };
  return (
    <Sheet
      title={props.title}
      open
      onClose={props.onClose}
      mark={MARKS.preview.sheet}
      closeMark={MARKS.preview.cancel}
      {...(over ? {} : { foot: props.face === undefined ? <ConfirmFace {...face} /> : props.face(face) })}
    >
      {props.lead}
      <PreviewClass value={commandClass} note={props.classNote} words={props.classWords} />
      {props.exactly === undefined ? null : <PreviewExact {...props.exactly} />}
      {props.targets === undefined ? null : <PreviewTargetList targets={props.targets} />}
      <div>
        <p className="label">What it does</p>
        <div data-test={MARKS.preview.effect}>{props.effect}</div>
      </div>
      {data === null ? null : <PreviewDataAge data={data} />}
      {preconditions.length === 0 ? null : <PreviewPreconditions list={preconditions} />}
      {props.children}
      {typedName === null || over ? null : (
        <PreviewTypedName
          name={typedName}
          ofCluster={commandClass === 'W4'}
          value={typed}
          onChange={setTyped}
        />
      )}
      {reasonRule === 'none' || over ? null : (
        <PreviewReason required={reasonRule === 'required'} value={why} onChange={setWhy} />
      )}
      {outcome === null ? null : <PreviewOutcomeNote outcome={outcome} />}
    </Sheet>
  );
}

export type ConfirmFaceProps = {
  readonly class: CommandClass;
  readonly verb: string;
  readonly object: string;
  readonly obstacle: string | null;
  readonly onConfirm: () => void;
};

/** Reading needs no cover; every write has one, and a red face where it is hard to reverse. */
function ConfirmFace({ class: commandClass, verb, object, obstacle, onConfirm }: ConfirmFaceProps) {
  const face = `${verb} ${object}`;
  if (commandClass === 'R') {
    return (
      <ActionButton kind="primary" mark={MARKS.preview.confirm} obstacle={obstacle} onPress={onConfirm}>
        {face}
      </ActionButton>
    );
  }
  return (
    <GuardedSwitch
      cover={`Lift to ${verb.charAt(0).toLowerCase()}${verb.slice(1)} ${object}`}
      commit={face}
      obstacle={obstacle}
      heavy={commandClass === 'W3' || commandClass === 'W4'}
      onCommit={onConfirm}
    />
  );
}

function cut(object: string): string {
  const characters = [...object];
  if (characters.length <= OBJECT_CHARACTERS_MAX) return object;
  return `${characters.slice(0, OBJECT_CHARACTERS_MAX - 1).join('')}…`;
}
