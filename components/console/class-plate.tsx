/** The class of a command as an engraved plate, with what it asks of you in words. */

import type { CommandClass } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import type { Classification } from './job-queries.ts';

export const CLASS_WORDS: Readonly<Record<CommandClass, string>> = {
  R: 'read · no confirmation',
  W1: 'write, one object, reversible · confirmation',
  W2: 'write, many objects, reversible · confirmation',
  W3: 'write, hard to reverse · a typed name',
  W4: 'cluster-breaking or unknown · a typed name',
};

export function ClassPlate({ value }: { readonly value: CommandClass }) {
  return (
    <span className="class-plate" data-class={value}>
      {value}
    </span>
  );
}

/** Null while nothing was typed or the answer is on its way. */
export function ClassLine({ classification }: { readonly classification: Classification | null }) {
  if (classification === null) {
    return (
      <p className="class-line muted" data-test={MARKS.console.classPlate} data-class="none">
        The class of the command appears here before it is sent.
      </p>
    );
  }
  return (
    <p className="class-line" data-test={MARKS.console.classPlate} data-class={classification.class}>
      <ClassPlate value={classification.class} />
      <span>
        class {classification.class}: {classification.known ? '' : 'unknown command · '}
        {CLASS_WORDS[classification.class]}
      </span>
      {classification.allowed ? null : (
        <span className="class-refused" data-test={MARKS.console.classReason}>
          <StatusGlyph shape="critical" /> {classification.reason ?? 'not allowed for your role'}
        </span>
      )}
    </p>
  );
}
