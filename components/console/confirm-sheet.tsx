'use client';

/** The preview of a command that writes: a use of the one preview sheet. */

import type { CommandClass, CommandTarget } from '../../server/wire/http.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { Precondition, PreviewData, PreviewOutcome } from '../ui/preview-obstacle.ts';
import { type PreviewConfirmation, PreviewSheet } from '../ui/preview-sheet.tsx';
import { targetText } from './command-target.ts';
import type { Classification } from './job-queries.ts';

export type CommandSheetProps = {
  readonly command: string;
  readonly target: CommandTarget;
  /** The nodes that the target meant when the sheet opened, and means now. */
  readonly nodesThen: readonly string[];
  readonly nodes: readonly string[];
  /** Those of them that send no heartbeats. */
  readonly silent: readonly string[];
  readonly classification: Classification;
  readonly data: PreviewData;
  readonly busy: boolean;
  /** Why the last attempt was not sent; said here, because nothing behind the sheet can be seen or heard. */
  readonly failure: Error | null;
  readonly onClose: () => void;
  readonly onConfirm: (confirmation: PreviewConfirmation) => void;
};

export type ConfirmSheetProps = CommandSheetProps & {
  /** Said before the rest of the effect, for example of a second attempt. */
  readonly warning: string | null;
};

export function ConfirmSheet(props: ConfirmSheetProps) {
  const { command, classification } = props;
  return (
    <PreviewSheet
      {...commandPreview(props)}
      title={`Send a ${classification.class} command`}
      verb="Run"
      exactly={{ label: 'Exactly this goes out, by broadcast', text: command }}
      effect={<CommandEffect {...props} />}
      typedName={classification.typedName}
      reason="optional"
    />
  );
}

/** What every preview of a command shows, whether it is sent or asked for. */
export function commandPreview(props: CommandSheetProps) {
  const { command, target, nodes, classification, failure } = props;
  return {
    class: classification.class,
    ...(classification.known ? {} : { classNote: 'unknown command' }),
    object: `${commandHead(command)} on ${plural(nodes.length, 'node')}`,
    targets: commandTargets(target, nodes, props.silent),
    data: props.data,
    preconditions: targetPreconditions(props.nodesThen, nodes),
    obstacle: null,
    busy: props.busy,
    outcome: failure === null ? null : outcomeOfFailure(failure),
    onClose: props.onClose,
    onConfirm: props.onConfirm,
  };
}

/** Characters of the command on a button. */
const HEAD_CHARACTERS_MAX = 36;

export function commandHead(command: string): string {
  const characters = [...inertName(command)];
  if (characters.length <= HEAD_CHARACTERS_MAX) return characters.join('');
  return `${characters.slice(0, HEAD_CHARACTERS_MAX - 1).join('')}…`;
}

export function commandTargets(
  target: CommandTarget,
  nodes: readonly string[],
  silent: readonly string[],
): {
  readonly label: string;
  readonly list: readonly { readonly name: string; readonly node: true; readonly note?: string }[];
} {
  const list = nodes.map((name) =>
    silent.includes(name) ? { name, node: true as const, note: 'silent now' } : { name, node: true as const },
  );
  return { label: `To ${targetText(target)}: ${plural(nodes.length, 'node')}`, list };
}

/** A target that means other nodes than when it was looked at is not the same command any more. */
function targetPreconditions(
  nodesThen: readonly string[],
  nodes: readonly string[],
): readonly Precondition[] {
  const gone = nodesThen.filter((name) => !nodes.includes(name));
  const come = nodes.filter((name) => !nodesThen.includes(name));
  if (gone.length === 0 && come.length === 0) {
    return [{ text: `the target means the same ${plural(nodes.length, 'node')} as shown`, state: 'holds' }];
  }
  const parts = [
    ...(gone.length === 0 ? [] : [`without ${gone.map(inertName).join(', ')}`]),
    ...(come.length === 0 ? [] : [`with ${come.map(inertName).join(', ')}`]),
  ];
  return [{ text: `the target is another one than when this opened: ${parts.join(', ')}`, state: 'changed' }];
}

const EFFECTS: Readonly<Record<CommandClass, string>> = {
  R: 'It reads, and changes nothing.',
  W1: 'It changes one object, and can be taken back.',
  W2: 'It changes many objects at once, and can be taken back.',
  W3: 'What it does is hard to take back.',
  W4: 'It can break the whole cluster.',
};

function CommandEffect({ classification, nodes, silent, warning }: ConfirmSheetProps) {
  const deaf = nodes.filter((name) => silent.includes(name)).length;
  return (
    <>
      {warning === null ? null : <p className="preview-warning">{inertText(warning)}</p>}
      <p>
        {classification.known
          ? EFFECTS[classification.class]
          : 'The grammar does not know this command: it may do anything, so it counts as cluster-breaking.'}{' '}
        It runs once on each of {plural(nodes.length, 'node')}.
        {deaf === 0 ? '' : ` ${plural(deaf, 'of them is', 'of them are')} silent now and may not hear it.`}
      </p>
    </>
  );
}

export function outcomeOfFailure(failure: Error): PreviewOutcome {
  const status = failure instanceof ApiFailure ? failure.status : 0;
  if (status === 0) {
    return {
      kind: 'failed',
      text: `${failure.message} It may have been sent. Pressing again is safe: the same attempt runs once.`,
    };
  }
  return { kind: status >= 500 && status !== 503 ? 'failed' : 'refused', text: failure.message };
}
