/** What the gateway may expect of any store: pauses of alerts about logs. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { Store } from '../../server/gateway/store-port.ts';

const pause = (id: string, untilMs = 1_000) => ({ id, untilMs, by: 'ana', reason: 'disk is being replaced' });

describe('pauses of alerts', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-store-'));
    store = await openSqliteStore(join(folder, 'store.db'));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('are kept over a restart, each once, and dropped by name', async () => {
    await store.logs.savePause(pause('labrat-1/mainlog/master'));
    await store.logs.savePause(pause('labrat-2/mainlog/na me "☃"'));
    await store.logs.savePause(pause('labrat-1/mainlog/master', 2_000));
    await store.close();
    store = await openSqliteStore(join(folder, 'store.db'));
    expect(await store.logs.pauses()).toEqual([
      pause('labrat-1/mainlog/master', 2_000),
      pause('labrat-2/mainlog/na me "☃"'),
    ]);
    await store.logs.dropPause('labrat-1/mainlog/master');
    await store.logs.dropPause('nobody');
    expect(await store.logs.pauses()).toEqual([pause('labrat-2/mainlog/na me "☃"')]);
  });
});
