'use client';

/** Demo only: pull the plug of a process and watch. The supervisor does it; what it did comes back as rows. */

import { useMutation } from '@tanstack/react-query';
import type { z } from 'zod';
import type { rehearsalRequest } from '../../server/wire/http.ts';
import type { Row } from '../../server/wire/live.ts';
import { callApi } from '../api/api-client.ts';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Sheet } from '../ui/sheet.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';
import { useSession } from './session-gate.tsx';

type RehearsalAction = z.infer<typeof rehearsalRequest>['action'];
type Process = Row<'rehearsal'>;

const STATE_GLYPHS: Readonly<Record<Process['state'], GlyphShape>> = {
  starting: 'moving',
  running: 'ok',
  paused: 'unknown',
  exited: 'critical',
};

const ACTIONS: readonly {
  readonly action: RehearsalAction;
  readonly label: string;
  readonly mark: string;
  readonly when: readonly Process['state'][];
}[] = [
  { action: 'pause', label: 'Pause', mark: MARKS.rehearsal.pause, when: ['running'] },
  { action: 'resume', label: 'Resume', mark: MARKS.rehearsal.resume, when: ['paused'] },
  { action: 'kill', label: 'Kill', mark: MARKS.rehearsal.kill, when: ['running', 'paused', 'starting'] },
  {
    action: 'restart',
    label: 'Restart',
    mark: MARKS.rehearsal.restart,
    when: ['running', 'paused', 'exited'],
  },
];

export function RehearsalSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Sheet
      title="Rehearsal"
      open
      onClose={onClose}
      mark={MARKS.rehearsal.panel}
      closeMark={MARKS.rehearsal.close}
    >
      <ProcessList />
    </Sheet>
  );
}

function ProcessList() {
  const { account, csrf } = useSession();
  const processes = Object.values(useCollection('rehearsal'));
  const order = useMutation({
    mutationFn: (body: { readonly process: string; readonly action: RehearsalAction }) =>
      callApi('/api/rehearsal', { method: 'POST', csrf, body }),
  });
  const roleObstacle = account.role === 'viewer' ? 'needs the operator role' : null;
  return (
    <>
      <p className="muted">
        These are real processes of the demo cluster on this machine. Kill one, pause one, and watch the rail,
        the members and the matrix.
      </p>
      {order.isError ? (
        <p className="field-error" role="alert" data-test={MARKS.rehearsal.error}>
          {order.error.message}
        </p>
      ) : null}
      {processes.length === 0 ? <p className="muted">The supervisor has not named any process yet.</p> : null}
      <ul className="process-list">
        {processes.map((process) => (
          <li key={process.name} data-test={MARKS.rehearsal.row} data-process={process.name}>
            <ProcessFacts process={process} />
            <div className="process-actions">
              {ACTIONS.map(({ action, label, mark, when }) => (
                <ActionButton
                  key={action}
                  mark={mark}
                  showReason={false}
                  obstacle={
                    roleObstacle ?? (when.includes(process.state) ? null : `the process is ${process.state}`)
                  }
                  onPress={() => order.mutate({ process: process.name, action })}
                >
                  {label}
                  <span className="visually-hidden"> {inertName(process.name)}</span>
                </ActionButton>
              ))}
            </div>
          </li>
        ))}
      </ul>
      {roleObstacle === null ? null : <p className="reason">Rehearsal {roleObstacle}.</p>}
    </>
  );
}

function ProcessFacts({ process }: { readonly process: Process }) {
  const nowMs = useGatewayNow();
  const forMs = nowMs === null ? null : nowMs - process.sinceMs;
  return (
    <div className="process-facts">
      <span className="name-tag">
        <NodeSigil name={process.name} dim={process.state === 'exited'} />
        <b className="isolate-text">{inertName(process.name)}</b>
      </span>
      <span className="muted">
        {inertName(process.kind)} · pid {process.pid ?? UNKNOWN}
      </span>
      <Status shape={STATE_GLYPHS[process.state]} mark={MARKS.rehearsal.state}>
        {process.state} {formatDuration(forMs)}
      </Status>
    </div>
  );
}
