import { describe, expect, test } from 'vitest';
import { ASKED_MAX, DashboardRehearsal } from '../../../server/daemons/dashboard-rehearsal.ts';
import type { ToSupervisor } from '../../../server/daemons/rehearsal-ipc.ts';

function channel() {
  const sent: ToSupervisor[] = [];
  let hear: (message: unknown) => void = () => undefined;
  const rehearsal = new DashboardRehearsal({
    send: (message) => sent.push(message),
    onMessage: (listener) => {
      hear = listener;
    },
  });
  return { rehearsal, sent, hear: (message: unknown) => hear(message) };
}

const ROW = { name: 'node1', kind: 'ecnode', pid: 7, state: 'running', sinceMs: 1 } as const;

describe('channel to the supervisor', () => {
  test('an action is answered by the message with its number', async () => {
    const { rehearsal, sent, hear } = channel();
    const first = rehearsal.act('node1', 'kill');
    const second = rehearsal.act('node2', 'pause');
    expect(sent).toEqual([
      { type: 'rehearsal', id: '1', process: 'node1', action: 'kill' },
      { type: 'rehearsal', id: '2', process: 'node2', action: 'pause' },
    ]);
    hear({ type: 'rehearsalDone', id: '2', ok: false, detail: 'node2 does not run.' });
    hear({ type: 'rehearsalDone', id: '1', ok: true, detail: '' });
    expect(await first).toEqual({ ok: true, detail: '' });
    expect(await second).toEqual({ ok: false, detail: 'node2 does not run.' });
  });

  test('rows are kept and told; what does not fit is ignored', () => {
    const { rehearsal, hear } = channel();
    const told: number[] = [];
    const end = rehearsal.subscribe((rows) => told.push(rows.length));
    hear({ type: 'rehearsalState', rows: [ROW] });
    for (const wrong of [null, 'x', { type: 'rehearsalState', rows: [{ name: 1 }] }, { type: 'novel' }])
      hear(wrong);
    end();
    hear({ type: 'rehearsalState', rows: [] });
    expect(told).toEqual([1]);
    expect(rehearsal.rows()).toEqual([]);
  });

  test('accounts come once, before the gateway listens', async () => {
    const { rehearsal, hear } = channel();
    const coming = rehearsal.accounts();
    const accounts = [{ name: 'viewer', password: 'a long password', role: 'viewer' as const }];
    hear({ type: 'accounts', accounts });
    expect(await coming).toEqual(accounts);
  });

  test('a supervisor that never answers is not asked without bound', async () => {
    const { rehearsal, sent } = channel();
    for (let n = 0; n < ASKED_MAX; n += 1) void rehearsal.act('node1', 'kill');
    expect(await rehearsal.act('node1', 'kill')).toMatchObject({ ok: false });
    expect(sent).toHaveLength(ASKED_MAX);
  });
});
