'use client';

/** An object of a kind that nobody here knows: what was told of it, as it came. */

import { MARKS } from '../test-marks.ts';
import { inertText } from '../ui/inert-text.ts';
import type { ObjectLine } from './object-lines.ts';

/** A node list is below, in a table of its own. */
export function ObjectRaw({ line: { row } }: { readonly line: ObjectLine }) {
  const { nodes, ...told } = row;
  return (
    <section className="object-raw" aria-labelledby="raw-title" data-test={MARKS.objects.raw}>
      <h2 className="section-title" id="raw-title">
        As it was told
      </h2>
      <p className="muted">
        Nothing is known here of objects of this kind: below is what the {nodes.length} nodes that have it
        say.
      </p>
      <pre className="preview-exact">{inertText(JSON.stringify(told, null, 2))}</pre>
    </section>
  );
}
