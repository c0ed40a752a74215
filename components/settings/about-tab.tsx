'use client';

/** What runs here: this build, the programs of the members, and under which licences. */

import Link from 'next/link';
import { useSession } from '../frame/session-gate.tsx';
import { useCollection } from '../live/use-live.ts';
import { memberName } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';

/** Written beside the pages when they are built: scripts/licences.mjs. */
const LICENCES_HREF = '/licences.txt';

export function AboutTab() {
  const { build, clusterName } = useSession();
  const members = Object.values(useCollection('members'));
  const versions = [...new Set(members.map(({ version }) => version ?? ''))].sort();
  return (
    <dl className="facts" data-test={MARKS.settings.about}>
      <dt>Dashboard</dt>
      <dd>
        Muster, build <span className="mono">{inertName(build)}</span>
      </dd>
      <dt>Cluster</dt>
      <dd className="isolate-text">{inertName(clusterName)}</dd>
      {versions.map((version) => (
        <Version
          key={version}
          version={version}
          names={members.filter((member) => (member.version ?? '') === version).map(memberName)}
        />
      ))}
      <dt>References</dt>
      <dd>
        <Link href="/reference/options">Options</Link> · <Link href="/reference/api">HTTP API</Link>
      </dd>
      <dt>Licence</dt>
      <dd>
        Apache-2.0; <a href={LICENCES_HREF}>licences of what it is made with</a>
      </dd>
    </dl>
  );
}

function Version({ version, names }: { readonly version: string; readonly names: readonly string[] }) {
  return (
    <>
      <dt>{version === '' ? 'Version unknown' : `Version ${inertName(version)}`}</dt>
      <dd>{names.join(', ')}</dd>
    </>
  );
}
