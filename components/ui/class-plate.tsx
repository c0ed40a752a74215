/** The class of an action as an engraved plate, and what it asks of you in words (ui.md 2.1). */

import type { CommandClass } from '../../server/wire/http.ts';

export const CLASS_WORDS: Readonly<Record<CommandClass, string>> = {
  R: 'read · no confirmation',
  W1: 'write, one object, reversible · confirmation',
  W2: 'write, many objects, reversible · confirmation',
  W3: 'write, hard to reverse · a typed name',
  W4: 'cluster-breaking or unknown · cluster name, reason',
};

export function ClassPlate({ value }: { readonly value: CommandClass }) {
  return (
    <span className="class-plate" data-class={value}>
      {value}
    </span>
  );
}
