import { describe, expect, test } from 'vitest';
import {
  GROUP_NAME_BYTES_MAX,
  nodeOfPrivateName,
  parseGroupName,
  parseNodeName,
  parsePrivateName,
  privateName,
  sessionOfPrivateName,
  subclusterGroup,
} from '../../../server/model/names.ts';

describe('names', () => {
  test('[MSG-33] a node name of any case is normalised to lower case', () => {
    expect(parseNodeName(' Labrat-1 ')).toEqual({ ok: true, value: 'labrat-1' });
  });

  test.each([
    '',
    '  ',
    'a b',
    'a#b',
    'a\u0007b',
    'x'.repeat(256),
    'a\u202eb',
    'a\u2028b',
    'a\ud800b',
    'a\u00a0b',
  ])('the node name %j is refused', (text) => {
    expect(parseNodeName(text).ok).toBe(false);
  });

  test('[MSG-18] a node name may be longer than 19 characters', () => {
    expect(parseNodeName('mta-017.mail.example.com').ok).toBe(true);
  });

  test('[MSG-32] a group name is bounded in bytes, not characters', () => {
    expect(parseGroupName('x'.repeat(GROUP_NAME_BYTES_MAX)).ok).toBe(true);
    expect(parseGroupName('ü'.repeat(GROUP_NAME_BYTES_MAX / 2 + 1)).ok).toBe(false);
  });

  test('[CLU-13] a private name holds its session and its node', () => {
    const parsed = parseNodeName('pono');
    if (!parsed.ok) throw new Error(parsed.error);
    const name = privateName('ec0-20768', parsed.value);
    expect(name).toBe('#ec0-20768#pono');
    expect(nodeOfPrivateName(name)).toBe('pono');
    expect(sessionOfPrivateName(name)).toBe('ec0-20768');
  });

  test.each(['ec0#pono', '#ec0', '##pono', '#a#b#c', ''])('%j is no private name', (text) => {
    expect(parsePrivateName(text).ok).toBe(false);
  });

  test('[MSG-28] the group of a subcluster is named after it', () => {
    expect(subclusterGroup('default')).toBe('ec_sc_default');
  });
});
