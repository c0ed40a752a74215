import { expect, test } from 'vitest';
import { parseCacheTtl } from '../../../server/cluster/cache-ttl.ts';

test('[REP-25] seconds, or minutes and hours with a suffix; 0 never ends', () => {
  const parsed = ['30', '5M', '2h', ' 7 ', '0', '0H'].map((text) => {
    const ttl = parseCacheTtl(text);
    return ttl.ok ? ttl.value : ttl.error;
  });
  expect(parsed).toEqual([30_000, 300_000, 7_200_000, 7_000, 0, 0]);
  for (const text of ['', '-1', '5S', '1.5', 'M', '5 M', '999999999999', '9'.repeat(40)]) {
    expect(parseCacheTtl(text).ok).toBe(false);
  }
});
