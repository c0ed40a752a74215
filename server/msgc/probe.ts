/** What a simulation wants to know about a server beyond its effects. A probe observes; it never changes anything. */

import type { NodeName } from '../model/names.ts';
import type { Batch } from './frames.ts';
import type { Attempt, View } from './ids.ts';

export type ServerProbe = {
  /** A batch got its number in the view: it is sent. */
  readonly sent?: (view: View, batch: Batch) => void;
  /** `gseq` is undefined for a batch without a position, delivered in the transitional configuration. */
  readonly delivered?: (
    view: View,
    batch: Batch,
    gseq: number | undefined,
    phase: 'regular' | 'transitional',
  ) => void;
  readonly transition?: (view: View, together: readonly NodeName[]) => void;
  readonly installed?: (view: View) => void;
  readonly accepted?: (att: Attempt) => void;
};
