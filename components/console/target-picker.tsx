'use client';

/** Whom to ask: all, one subcluster, or picked nodes. */

import type { Member } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { subclustersOf, type TargetChoice, type TargetKind } from './command-target.ts';

const KINDS: readonly { readonly kind: TargetKind; readonly label: string; readonly mark: string }[] = [
  { kind: 'all', label: 'All nodes', mark: MARKS.console.targetAll },
  { kind: 'subcluster', label: 'Subcluster', mark: MARKS.console.targetSubcluster },
  { kind: 'nodes', label: 'Pick nodes', mark: MARKS.console.targetNodes },
];

export type TargetPickerProps = {
  readonly choice: TargetChoice;
  readonly nodes: readonly Member[];
  readonly onChange: (choice: TargetChoice) => void;
};

export function TargetPicker({ choice, nodes, onChange }: TargetPickerProps) {
  const subclusters = subclustersOf(nodes);
  const pickKind = (kind: TargetKind): void => {
    const subcluster = choice.subcluster ?? subclusters[0] ?? null;
    onChange({ ...choice, kind, subcluster });
  };
  return (
    <fieldset className="target">
      <legend className="label">Target</legend>
      <div className="toggle-row">
        {KINDS.map(({ kind, label, mark }) => (
          <button
            key={kind}
            type="button"
            className="toggle"
            aria-pressed={choice.kind === kind}
            data-test={mark}
            onClick={() => pickKind(kind)}
          >
            {label}
            {kind === 'all' ? <span className="toggle-count">{nodes.length}</span> : null}
          </button>
        ))}
      </div>
      {choice.kind === 'subcluster' ? (
        <select
          className="input target-select"
          aria-label="Subcluster"
          data-test={MARKS.console.subclusterChoice}
          value={choice.subcluster ?? ''}
          onChange={(event) => onChange({ ...choice, subcluster: event.target.value })}
        >
          {subclusters.map((name) => (
            <option key={name} value={name}>
              {inertName(name)}
            </option>
          ))}
        </select>
      ) : null}
      {choice.kind === 'nodes' ? <NodeChoices choice={choice} nodes={nodes} onChange={onChange} /> : null}
    </fieldset>
  );
}

function NodeChoices({ choice, nodes, onChange }: TargetPickerProps) {
  const present = nodes.map((node) => node.nodeName ?? node.id);
  const absent = choice.nodes.filter((name) => !present.includes(name));
  const toggle = (name: string): void => {
    const picked = choice.nodes.includes(name)
      ? choice.nodes.filter((each) => each !== name)
      : [...choice.nodes, name];
    onChange({ ...choice, nodes: picked });
  };
  return (
    <div className="node-choices">
      {[...present, ...absent].map((name) => (
        <button
          key={name}
          type="button"
          className="node-choice"
          aria-pressed={choice.nodes.includes(name)}
          data-test={MARKS.console.nodeChoice}
          data-node={name}
          onClick={() => toggle(name)}
        >
          <NodeSigil name={name} size="small" dim={absent.includes(name)} />
          <span className="isolate-text">{inertName(name)}</span>
          {absent.includes(name) ? <span className="muted">not present</span> : null}
        </button>
      ))}
      {present.length === 0 && absent.length === 0 ? (
        <p className="muted">No node can be asked now.</p>
      ) : null}
    </div>
  );
}
