/** The bounds of what a process tells about its options. */

import { expect, test } from 'vitest';
import { optionsAnswer } from '../../../server/cluster/query-answers.ts';
import { OPTIONS_MAX, SCOPES_MAX } from '../../../server/wire/options.ts';
import { liveWorld } from '../../support/live-configuration.ts';

const topology = (count: number): string => {
  const networks = Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  return `cluster {\n${networks.map((network) => `Topology "${network}" { }`).join('\n')}\n}`;
};

test('an answer tells so many options and counts the rest', () => {
  const { live } = liveWorld({ '/main.conf': topology(3_000) });
  const all = live.describe().reduce((sum, { options }) => sum + options.length, 0);
  const { scopes, omitted } = optionsAnswer(live);
  const told = scopes.reduce((sum, { options }) => sum + options.length, 0);
  expect(told).toBe(OPTIONS_MAX);
  expect(omitted).toBe(all - OPTIONS_MAX);
  expect(scopes.every(({ options }) => options.length > 0)).toBe(true);
});

test('an answer tells so many scopes, be they empty', () => {
  const empty = Array.from({ length: SCOPES_MAX + 10 }, (_, i) => `Domain "d${i}" { }`).join('\n');
  const { live } = liveWorld({ '/main.conf': empty });
  expect(optionsAnswer(live).scopes).toHaveLength(SCOPES_MAX);
});

test('what fits is told whole', () => {
  const { live } = liveWorld({ '/main.conf': topology(10) });
  expect(optionsAnswer(live)).toMatchObject({ omitted: 0 });
});
