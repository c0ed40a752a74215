'use client';

/** Who I am here, what I may do, in which zone I read times, and the way out. */

import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import type { Role } from '../../server/wire/http.ts';
import { callApi } from '../api/api-client.ts';
import { forgetDrafts } from '../console/draft-keys.ts';
import { useLiveParts } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { PopPanel } from '../ui/pop-panel.tsx';
import { allZones, BROWSER_ZONE, zoneName } from '../ui/zone.ts';
import { usePreferred } from './preferences-provider.tsx';
import { goToSignIn, useSession } from './session-gate.tsx';

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  viewer: 'looks, and sends read commands',
  operator: 'looks, and sends reversible commands',
  admin: 'everything, including accounts',
};

export function AccountMenu() {
  const { account } = useSession();
  const content = (
    <>
      <span className="account-name isolate-text" data-test={MARKS.frame.accountName}>
        {inertName(account.name)}
      </span>
      <span className="label" data-test={MARKS.frame.accountRole}>
        {account.role}
      </span>
    </>
  );
  return (
    <PopPanel
      label="Account"
      align="end"
      className="account-sheet"
      button={{ className: 'button account-button', kind: 'quiet', mark: MARKS.frame.accountMenu, content }}
    >
      {(close) => <AccountSheet close={close} />}
    </PopPanel>
  );
}

function AccountSheet({ close }: { readonly close: () => void }) {
  const { account, csrf } = useSession();
  const { socket } = useLiveParts();
  const signOut = useMutation({
    mutationFn: () => callApi('/api/session', { method: 'DELETE', csrf }),
    onSettled: () => {
      forgetDrafts();
      socket.sessionChanged();
      goToSignIn();
    },
  });
  return (
    <>
      <p className="menu-note muted">
        Role <b>{account.role}</b>: {ROLE_WORDS[account.role]}.
      </p>
      <ZoneField />
      <div className="menu">
        <Link
          href="/settings"
          className="menu-item more-link"
          data-test={MARKS.frame.accountSettings}
          onClick={close}
        >
          My account and settings
        </Link>
        <button
          type="button"
          className="menu-item menu-button"
          data-test={MARKS.frame.signOut}
          onClick={() => signOut.mutate()}
        >
          Sign out
        </button>
      </div>
    </>
  );
}

/** The browser's own list: it is found by typing, speaks, and costs nothing. */
function ZoneField() {
  const { zone, chooseZone } = usePreferred();
  const [zones] = useState(allZones);
  return (
    <div className="field account-zone">
      <label htmlFor="account-zone">Time zone</label>
      <select
        id="account-zone"
        className="input"
        value={zone}
        data-test={MARKS.frame.zone}
        onChange={(event) => chooseZone(event.target.value)}
      >
        <option value={BROWSER_ZONE}>This browser's: {zoneName(BROWSER_ZONE)}</option>
        {zone === BROWSER_ZONE || zones.includes(zone) ? null : <option value={zone}>{zone}</option>}
        {zones.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
