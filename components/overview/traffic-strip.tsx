'use client';

/** What each node took in, passed on and refused in the last minutes. Asked for while somebody sees it. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useMemo } from 'react';
import { TRAFFIC_SAMPLE_EVERY_MS, type TrafficReply, trafficReply } from '../../server/wire/objects.ts';
import { callApi, parsed } from '../api/api-client.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import { formatMessageRate } from '../bus/bus-words.ts';
import { useCollection } from '../live/use-live.ts';
import { memberHref } from '../members/member-address.ts';
import type { Member } from '../members/member-words.ts';
import { useHeard } from '../members/use-heard.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Spark } from '../ui/spark.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { FLOW_WORDS, FLOWS, type NodeFlow, trafficPicture, withTraffic } from './traffic-series.ts';

const KEY = ['traffic'] as const;
const HEARD_EVERY_MS = 1_000;

/** @param wanted some node runs mail. */
function useTraffic(wanted: boolean) {
  const queries = useQueryClient();
  return useQuery<TrafficReply, ApiFailure>({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<TrafficReply>(KEY);
      const afterMs = before?.atMs.at(-1);
      const query = afterMs === undefined ? '' : `?afterMs=${afterMs}`;
      const reply = await callApi(`/api/traffic${query}`, { signal });
      return withTraffic(
        before,
        parsed(reply, (value) => trafficReply.safeParse(value).data),
      );
    },
    enabled: wanted,
    refetchInterval: TRAFFIC_SAMPLE_EVERY_MS,
    retry: false,
  });
}

export function TrafficStrip() {
  const { heard } = useHeard(HEARD_EVERY_MS);
  const members = useCollection('members');
  const names = JSON.stringify(Object.values(members).flatMap(runsMail));
  const { data, error } = useTraffic(names !== '[]');
  const picture = useMemo(
    () => (data === undefined ? null : trafficPicture(data, JSON.parse(names) as readonly string[])),
    [data, names],
  );
  return (
    <section className="overview-traffic" aria-labelledby="traffic-title" data-test={MARKS.overview.traffic}>
      <div className="section-head">
        <h2 className="section-title" id="traffic-title">
          Mail
        </h2>
        {picture === null ? null : (
          <span className="label">the last {formatDuration(picture.toMs - picture.fromMs)}</span>
        )}
      </div>
      {picture === null ? (
        <p className="muted attention-none">{error?.message ?? 'No node says that it runs mail.'}</p>
      ) : (
        <ScrollRegion className="node-load-scroll" label="Mail of each node">
          <table className="table traffic">
            <thead>
              <tr>
                <th scope="col" className="label">
                  Node
                </th>
                {FLOWS.map((flow) => (
                  <th key={flow} scope="col" className="label">
                    {FLOW_WORDS[flow]}{' '}
                    <span className="traffic-top">to {formatMessageRate(Math.ceil(picture.tops[flow]))}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {picture.nodes.map((flow) => (
                <FlowRow key={flow.node} flow={flow} heard={heard.has(flow.node)} />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </section>
  );
}

function runsMail({ id, nodeName, mail, state }: Member): readonly string[] {
  return mail === null || state === 'departed' ? [] : [nodeName ?? id];
}

function FlowRow({ flow: { node, flows }, heard }: { readonly flow: NodeFlow; readonly heard: boolean }) {
  return (
    <tr data-test={MARKS.overview.trafficNode} data-node={node} data-silent={heard ? undefined : true}>
      <th scope="row">
        <Link href={memberHref(node)} prefetch={false} className="name-tag node-load-name">
          <NodeSigil name={node} size="small" dim={!heard} />
          <span className="name-tag-text">{inertName(node)}</span>
        </Link>
      </th>
      {flows.map(({ flow, now, pieces, words }) => (
        <td key={flow} data-label={FLOW_WORDS[flow]}>
          <span className="traffic-flow" data-test={MARKS.overview.trafficFlow} data-flow={flow}>
            <Spark lines={[pieces]} words={words} />
            {heard && now !== null ? (
              formatMessageRate(Math.round(now * 10) / 10)
            ) : (
              <Status shape="unknown">{heard ? UNKNOWN : 'silent'}</Status>
            )}
          </span>
        </td>
      ))}
    </tr>
  );
}
