'use client';

/** The mail of one node: its queues and connections of now, and what it did since it started. */

import Link from 'next/link';
import { OBJECT_ROW_STALE_MS } from '../../server/wire/objects.ts';
import { formatMessageRate, groupDigits } from '../bus/bus-words.ts';
import { consoleHref } from '../console/console-address.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge } from '../ui/format-time.ts';
import type { Member } from './member-words.ts';
import { useHeard } from './use-heard.ts';

const HEARD_EVERY_MS = 1_000;

export function NodeMail({ member }: { readonly member: Member }) {
  const nowMs = useGatewayNow();
  const { heard } = useHeard(HEARD_EVERY_MS);
  const { mail, nodeName } = member;
  if (mail === null) return <p className="muted">It runs no mail, or has said nothing of it.</p>;
  const name = nodeName ?? member.id;
  const ageMs = nowMs === null ? null : nowMs - mail.toldMs;
  const old = !heard.has(name) || ageMs === null || ageMs > OBJECT_ROW_STALE_MS;
  const count = (value: number) => <b className={old ? 'value-stale' : undefined}>{groupDigits(value)}</b>;
  const rate = (perS: number | null) => (
    <span className="muted">
      {old || perS === null ? '' : `, ${formatMessageRate(Math.round(perS * 10) / 10)}`}
    </span>
  );
  return (
    <div data-test={MARKS.node.mail} data-stale={old || undefined}>
      <dl className="facts">
        <dt>Queues</dt>
        <dd>
          {count(mail.active)} active, {count(mail.delayed)} delayed, for {count(mail.domains)} domains
        </dd>
        <dt>Connections</dt>
        <dd>
          {count(mail.inbound)} in, {count(mail.outbound)} out
        </dd>
        <dt>Receptions</dt>
        <dd>
          {count(mail.receptions)}
          {rate(mail.receptionRate)}
        </dd>
        <dt>Deliveries</dt>
        <dd>
          {count(mail.deliveries)}
          {rate(mail.deliveryRate)}
        </dd>
        <dt>Rejections</dt>
        <dd>
          {count(mail.rejections)}
          {rate(mail.rejectionRate)}
        </dd>
        <dt>Failures</dt>
        <dd>
          {count(mail.transients)} for now, {count(mail.failures)} for good
        </dd>
        <dt>Moved</dt>
        <dd>{count(mail.moved)} to other nodes</dd>
        <dt>Told</dt>
        <dd>{ageMs === null ? '—' : `${formatAge(ageMs)} ago`}</dd>
      </dl>
      <p>
        <Link href={consoleHref({ command: 'summary', nodes: [name] })} prefetch={false}>
          Ask it for a summary
        </Link>
      </p>
    </div>
  );
}
