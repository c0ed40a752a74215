/** The supervisor's side of the rehearsal panel: tells the dashboard what runs, does what the panel asks. */

import { type ToDashboard, toSupervisor } from '../rehearsal-ipc.ts';
import { DASHBOARD_NAME, type DemoAccount } from './demo-plan.ts';
import type { DemoSupervisor } from './demo-supervisor.ts';
import type { SupervisedProcess } from './supervised-process.ts';

function rowsOf(supervisor: DemoSupervisor): Extract<ToDashboard, { type: 'rehearsalState' }>['rows'] {
  return supervisor.processes.map(({ plan, pid, state, sinceMs }) => {
    return { name: plan.name, kind: plan.kind, pid: pid ?? null, state, sinceMs };
  });
}

export class RehearsalHost {
  readonly #supervisor: () => DemoSupervisor;
  readonly #accounts: readonly DemoAccount[];
  #greetedPid: number | undefined;

  /** @param supervisor asked for at every call: the two know each other */
  constructor(supervisor: () => DemoSupervisor, accounts: readonly DemoAccount[]) {
    this.#supervisor = supervisor;
    this.#accounts = accounts;
  }

  /** A process changed. A new dashboard is told the accounts first of all. */
  changed(): void {
    const supervisor = this.#supervisor();
    const dashboard = supervisor.processes.find(({ plan }) => plan.name === DASHBOARD_NAME);
    if (dashboard?.pid === undefined) return;
    if (this.#greetedPid !== dashboard.pid) {
      this.#greetedPid = dashboard.pid;
      tell(dashboard, { type: 'accounts', accounts: [...this.#accounts] });
    }
    tell(dashboard, { type: 'rehearsalState', rows: rowsOf(supervisor) });
  }

  /** Only the dashboard may ask; what does not fit the contract is ignored. */
  async heard(from: SupervisedProcess, message: unknown): Promise<void> {
    if (from.plan.name !== DASHBOARD_NAME) return;
    const parsed = toSupervisor.safeParse(message);
    if (!parsed.success || parsed.data.type !== 'rehearsal') return;
    const { id, process, action } = parsed.data;
    // Answered first: a dashboard that is to restart could not pass on the answer later.
    if (process === DASHBOARD_NAME && action === 'restart') {
      tell(from, { type: 'rehearsalDone', id, ok: true, detail: '' });
    }
    const problem = await this.#supervisor().act(process, action);
    tell(from, { type: 'rehearsalDone', id, ok: problem === undefined, detail: problem ?? '' });
  }
}

function tell(dashboard: SupervisedProcess, message: ToDashboard): void {
  dashboard.tell(message);
}
