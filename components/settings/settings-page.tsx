'use client';

/** Settings: few, and each explains itself. The tab stands in the address. */

import { type Key, lazy, Suspense } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs';
import { useSession } from '../frame/session-gate.tsx';
import { MARKS } from '../test-marks.ts';
import { useUrlState } from '../ui/url-state.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { AboutTab } from './about-tab.tsx';
import { AccountTab } from './account-tab.tsx';
import { useApprovalInbox } from './approval-inbox.ts';

const TokensTab = lazy(() => import('./tokens-tab.tsx').then((part) => ({ default: part.TokensTab })));
const ApprovalsTab = lazy(() =>
  import('./approvals-tab.tsx').then((part) => ({ default: part.ApprovalsTab })),
);

const TABS = ['account', 'tokens', 'approvals', 'about'] as const;
type TabName = (typeof TABS)[number];

function tabOf(text: string): TabName {
  return TABS.find((name) => name === text) ?? 'account';
}

export function SettingsPage() {
  usePageTitle('Settings');
  const [tab, setTab] = useUrlState('tab', 'account');
  return (
    <div className="settings" data-test={MARKS.settings.page}>
      <div className="page-head">
        <h1 className="page-title">Settings</h1>
      </div>
      <Tabs selectedKey={tabOf(tab)} onSelectionChange={(key: Key) => setTab(String(key))}>
        <TabList className="tabs-list" aria-label="Settings">
          <Tab id="account" className="tab" data-test={MARKS.settings.tabAccount}>
            My account
          </Tab>
          <Tab id="tokens" className="tab" data-test={MARKS.settings.tabTokens}>
            API tokens
          </Tab>
          <Tab id="approvals" className="tab" data-test={MARKS.settings.tabApprovals}>
            Approvals
            <WaitingCount />
          </Tab>
          <Tab id="about" className="tab" data-test={MARKS.settings.tabAbout}>
            About
          </Tab>
        </TabList>
        <TabPanel id="account" className="settings-body">
          <AccountTab />
        </TabPanel>
        <TabPanel id="tokens" className="settings-body">
          <Suspense fallback={<p className="muted">Opening…</p>}>
            <TokensTab />
          </Suspense>
        </TabPanel>
        <TabPanel id="approvals" className="settings-body">
          <Suspense fallback={<p className="muted">Opening…</p>}>
            <ApprovalsTab />
          </Suspense>
        </TabPanel>
        <TabPanel id="about" className="settings-body">
          <AboutTab />
        </TabPanel>
      </Tabs>
    </div>
  );
}

function WaitingCount() {
  const { account } = useSession();
  const waiting = useApprovalInbox(account.role !== 'viewer').data?.waiting ?? 0;
  if (waiting === 0) return null;
  return (
    <span className="tab-count">
      {waiting}
      <span className="visually-hidden"> waiting</span>
    </span>
  );
}
