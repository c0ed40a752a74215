'use client';

/** The frame of every page behind sign-in: environment, navigation, freshness, connection; then the page. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import '../api/schemas-without-eval.ts';
import { usePathname } from 'next/navigation';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { ApiFailure } from '../api/api-failure.ts';
import { MARKS } from '../test-marks.ts';
import { AccountMenu } from './account-menu.tsx';
import { ApprovalsFlag } from './approvals-flag.tsx';
import { ConnectionBand } from './connection-band.tsx';
import { EnvBand } from './env-band.tsx';
import { FrameFooter } from './frame-footer.tsx';
import { FrameKeys } from './frame-keys.tsx';
import { FreshnessRail } from './freshness-rail.tsx';
import { LiveProvider } from './live-provider.tsx';
import { MainNav } from './main-nav.tsx';
import { PaletteButton } from './palette-button.tsx';
import { PreferencesProvider, usePreferred } from './preferences-provider.tsx';
import { PrintHead } from './print-head.tsx';
import { RehearsalPanel } from './rehearsal-panel.tsx';
import { SessionGate, useSession } from './session-gate.tsx';
import { followSystemTheme } from './theme.ts';
import { ThemeToggle } from './theme-toggle.tsx';
import { ToastList } from './toast-list.tsx';
import { Wordmark } from './wordmark.tsx';

const RETRIES_MAX = 2;

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, failure) =>
          count < RETRIES_MAX &&
          failure instanceof ApiFailure &&
          (failure.status === 0 || failure.status >= 500),
        staleTime: 5_000,
      },
    },
  });
}

export function Frame({ children }: { readonly children: ReactNode }) {
  const [queries] = useState(newQueryClient);
  useEffect(() => followSystemTheme(), []);
  return (
    <QueryClientProvider client={queries}>
      <SessionGate waiting={(failure, retry) => <WaitingFrame failure={failure} retry={retry} />}>
        <LiveProvider>
          <PreferencesProvider>
            <FrameKeys>
              <SignedInFrame>{children}</SignedInFrame>
            </FrameKeys>
          </PreferencesProvider>
        </LiveProvider>
      </SessionGate>
    </QueryClientProvider>
  );
}

/** The same silhouette while the session is being asked for, so that nothing jumps. */
function WaitingFrame({ failure, retry }: { readonly failure: string | null; readonly retry: () => void }) {
  return (
    <div className="frame">
      <header className="masthead">
        <div className="env-band" data-pattern="none" />
        <div className="bar">
          <Wordmark />
        </div>
        <div className="rail" data-level="connecting" />
      </header>
      <main className="page" id="page">
        <h1 className="visually-hidden">Muster</h1>
        {failure === null ? (
          <p className="empty">Asking the gateway who you are…</p>
        ) : (
          <div className="empty">
            <p>{failure}</p>
            <button type="button" className="button" onClick={retry}>
              Try again
            </button>
          </div>
        )}
      </main>
    </div>
  );
}

function SignedInFrame({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const { zone } = usePreferred();
  // The page on which the zone is chosen follows it by itself, and keeps focus and what it says.
  const choosesZone = usePathname() === '/settings';
  return (
    <div className="frame">
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <header className="masthead">
        <EnvBand
          environment={session.environment}
          clusterName={session.clusterName}
          mark={MARKS.frame.envBand}
        />
        <div className="bar">
          <Wordmark />
          <MainNav role={session.account.role} />
          <div className="bar-tools">
            <PaletteButton />
            <ApprovalsFlag />
            {session.rehearsal ? <RehearsalPanel /> : null}
            <ThemeToggle />
            <AccountMenu />
          </div>
        </div>
        <FreshnessRail />
        <ConnectionBand />
      </header>
      <PrintHead />
      <main className="page" id="page" tabIndex={-1}>
        {/* In another zone every time of the page reads differently: it is drawn anew. */}
        <Fragment key={choosesZone ? 'any zone' : zone}>{children}</Fragment>
      </main>
      <ToastList />
      <FrameFooter />
    </div>
  );
}
