/** The class of the command in the prompt, in words, before it is sent. */

import { MARKS } from '../test-marks.ts';
import { CLASS_WORDS, ClassPlate } from '../ui/class-plate.tsx';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import type { Classification } from './job-queries.ts';

export type ClassLineProps = {
  /** Null while nothing was typed. */
  readonly classification: Classification | null;
  /** The answer for what stands in the prompt now is on its way; the shown one is of a moment ago. */
  readonly pending?: boolean;
};

export function ClassLine({ classification, pending = false }: ClassLineProps) {
  if (classification === null) {
    return (
      <p className="class-line muted" data-test={MARKS.console.classPlate} data-class="none">
        {pending ? 'Asking for the class…' : 'The class of the command appears here before it is sent.'}
      </p>
    );
  }
  return (
    <p
      className="class-line"
      data-test={MARKS.console.classPlate}
      data-class={pending ? 'pending' : classification.class}
    >
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
