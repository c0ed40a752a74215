'use client';

/** Stands on paper only: which cluster, as of when, in which zone, and where the page is found. */

import { useGatewayNow, useLive } from '../live/use-live.ts';
import { formatExportTime, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { zoneName } from '../ui/zone.ts';
import { PATTERN_MARKS } from './environment.ts';
import { usePreferred } from './preferences-provider.tsx';
import { useSession } from './session-gate.tsx';

export function PrintHead() {
  const { environment, clusterName } = useSession();
  const { zone } = usePreferred();
  const gatewayMs = useGatewayNow();
  const seq = useLive(({ live }) => live.seq);
  return (
    <div className="print-head" aria-hidden="true">
      <p>
        {PATTERN_MARKS[environment.pattern]} <b>{inertName(environment.name)}</b> {inertName(clusterName)}
      </p>
      <p>
        as of {formatExportTime(gatewayMs) || UNKNOWN} ({zoneName(zone)}), seq {seq}
      </p>
      <p className="print-address">{window.location.href}</p>
    </div>
  );
}
