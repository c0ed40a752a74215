'use client';

/** Who I am here, what I may do, and the way out. */

import { useMutation } from '@tanstack/react-query';
import { Button } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import type { Role } from '../../server/wire/http.ts';
import { callApi } from '../api/api-client.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { goToSignIn, useSession } from './session-gate.tsx';

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  viewer: 'looks, and sends read commands',
  operator: 'looks, and sends reversible commands',
  admin: 'everything, including accounts',
};

export function AccountMenu() {
  const { account, csrf } = useSession();
  const signOut = useMutation({
    mutationFn: () => callApi('/api/session', { method: 'DELETE', csrf }),
    onSettled: goToSignIn,
  });
  return (
    <MenuTrigger>
      <Button className="button account-button" data-kind="quiet" data-test={MARKS.frame.accountMenu}>
        <span className="account-name isolate-text" data-test={MARKS.frame.accountName}>
          {inertName(account.name)}
        </span>
        <span className="label" data-test={MARKS.frame.accountRole}>
          {account.role}
        </span>
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <p className="menu-note muted">
          Role <b>{account.role}</b>: {ROLE_WORDS[account.role]}.
        </p>
        <Menu className="menu" aria-label="Account" onAction={() => signOut.mutate()}>
          <MenuItem id="sign-out" className="menu-item" data-test={MARKS.frame.signOut}>
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
