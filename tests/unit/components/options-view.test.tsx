// @vitest-environment happy-dom

import { cleanup, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ApiFailure } from '../../../components/api/api-failure.ts';
import { GenerationFacts, LastReload } from '../../../components/options/generation-facts.tsx';
import { silenceWords } from '../../../components/options/options-query.ts';
import { MARKS } from '../../../components/test-marks.ts';
import { memberOptionsReply, type OptionsReply } from '../../../server/wire/options.ts';
import { scriptedConfig, scriptedOptions } from '../../support/scripted-options.ts';
import { renderInWorld } from './component-world.tsx';

afterEach(cleanup);

const AT_MS = Date.UTC(2026, 10, 20, 13, 2, 31);
const REPLY: OptionsReply = scriptedOptions('labrat-2', scriptedConfig('labrat-2', AT_MS));

function marked(mark: string): string {
  return document.querySelector(`[data-test="${mark}"]`)?.textContent ?? '';
}

test('what the scripted cluster answers is what the gateway takes', () => {
  const whole = { member: 'labrat-2', askedMs: 0, answeredMs: 0, options: REPLY };
  expect(memberOptionsReply.safeParse(whole).success).toBe(true);
});

test('a failed reload shows every diagnostic, which generation stays, and what is not listed', () => {
  const reload = {
    ok: false,
    atMs: AT_MS,
    user: 'ana',
    errors: 5,
    warnings: 1,
    diagnostics: ['a.conf:1:2: error: x'],
  };
  renderInWorld(<LastReload reload={reload} generation={7} />);
  expect(marked(MARKS.options.reload)).toContain('Generation 7 stays in effect');
  expect(marked(MARKS.options.reload)).toContain('5 errors, 1 warning');
  expect(marked(MARKS.options.diagnostic)).toBe('a.conf:1:2: error: x');
  expect(screen.getByText(/and 5 more/)).toBeTruthy();
});

test('what is not in a file, and what is set and cannot be had, is said; nothing is said of nothing', () => {
  renderInWorld(<GenerationFacts reply={{ ...REPLY, unsaved: 2, notUsed: ['Listen "x": in use \u202e'] }} />);
  expect(marked(MARKS.options.unsaved)).toContain('2 changes by console');
  expect(marked(MARKS.options.notUsed)).toBe('Listen "x": in use ‹U+202E›');
  cleanup();
  renderInWorld(<GenerationFacts reply={{ ...REPLY, unsaved: 0, notUsed: [] }} />);
  expect(marked(MARKS.options.unsaved)).toContain('nothing');
  expect(document.querySelector(`[data-test="${MARKS.options.notUsed}"]`)).toBeNull();
});

test('no answer, not asked and not there are different sentences', () => {
  const words = (['not_found', 'bus_down', 'no_answer', 'unreachable'] as const).map((code) =>
    silenceWords(new ApiFailure(code, 'm', 0), 'labrat-2'),
  );
  expect(new Set(words).size).toBe(4);
  expect(words[1]).toContain('was not asked');
  expect(words[2]).toContain('was asked and did not answer');
});
