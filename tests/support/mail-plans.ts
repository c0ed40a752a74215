/** Configurations with mail, and what a node makes of them. */

import { must } from '../../server/base/assert.ts';
import { type NodeMailPlan, nodeMailPlan } from '../../server/cluster/mail-plan.ts';
import type { DeliveryPolicy, MailPlan } from '../../server/mail/api.ts';
import type { NodeName } from '../../server/model/names.ts';
import { load } from './conf-samples.ts';

export function mailPlanOf(...text: readonly string[]): NodeMailPlan {
  const { generation, diagnostics } = load(text.join('\n'));
  const why = diagnostics.map(({ message }) => message).join('; ');
  return nodeMailPlan(must(generation, why), { nodeName: 'node1' as NodeName, hostName: 'mta1.example.com' });
}

export function corePlanOf(...text: readonly string[]): MailPlan {
  return mailPlanOf(...text).core;
}

/** For mail of a binding to a domain. */
export function policyOf(binding: string, domain: string, ...text: readonly string[]): DeliveryPolicy {
  return corePlanOf(...text).policy(binding, domain);
}
