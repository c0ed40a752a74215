'use client';

/**
 * Applies what the account prefers to the whole frame: zone of times, density, what is announced, single keys. The
 * zone of a link counts in this tab until another one is chosen.
 */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { Preferences } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { pageVoice } from '../ui/announce.ts';
import { setSingleKeyShortcuts } from '../ui/shortcuts.ts';
import { toast } from '../ui/toasts.ts';
import { currentZone, isZone, setCurrentZone } from '../ui/zone.ts';
import { keepPreferences, keptPreferences, PREFERENCES_KEY, readPreferences } from './preferences.ts';
import { useSession } from './session-gate.tsx';

const STALE_MS = 300_000;
/** In links, and only there. */
export const ZONE_PARAMETER = 'zone';

type PreferencesValue = {
  readonly preferences: Preferences;
  /** As shown: of the link this tab was opened with, else the preferred one. */
  readonly zone: string;
  readonly chooseZone: (zone: string) => void;
};

const PreferencesContext = createContext<PreferencesValue | null>(null);

export function usePreferred(): PreferencesValue {
  const value = useContext(PreferencesContext);
  if (value === null) throw new Error('preferences are used outside of their provider');
  return value;
}

function zoneOfLink(): string | null {
  const zone = new URLSearchParams(window.location.search).get(ZONE_PARAMETER);
  return zone !== null && isZone(zone) ? zone : null;
}

function forgetZoneOfLink(): void {
  const address = new URL(window.location.href);
  if (!address.searchParams.has(ZONE_PARAMETER)) return;
  address.searchParams.delete(ZONE_PARAMETER);
  window.history.replaceState(null, '', address);
}

export function PreferencesProvider({ children }: { readonly children: ReactNode }) {
  const { account, csrf } = useSession();
  const queries = useQueryClient();
  const [linked, setLinked] = useState(zoneOfLink);
  const kept = useMemo(() => keptPreferences(account.name), [account.name]);
  const query = useQuery({
    queryKey: PREFERENCES_KEY,
    queryFn: async () => parsed(await callApi('/api/preferences'), readPreferences),
    staleTime: STALE_MS,
  });
  const preferences = query.data ?? kept;
  const zone = linked ?? preferences.zone;
  // Before the page below is drawn: its times are formatted while it is.
  if (currentZone() !== zone) setCurrentZone(zone);

  const save = useMutation({
    mutationFn: (wanted: Preferences) => callApi('/api/preferences', { method: 'PUT', csrf, body: wanted }),
    onMutate: (wanted) => {
      queries.setQueryData(PREFERENCES_KEY, wanted);
    },
    onError: () =>
      toast({ tone: 'status', text: 'Not saved to your account: it holds in this browser only.' }),
  });

  useEffect(() => {
    keepPreferences(account.name, preferences);
    pageVoice.level = preferences.announcements;
    setSingleKeyShortcuts(preferences.shortcuts);
    document.documentElement.dataset['density'] = preferences.density;
  }, [account.name, preferences]);

  // A zone that was chosen elsewhere, on the settings page or in another browser, ends the one of the link as well.
  const saved = query.data?.zone;
  const before = useRef(saved);
  useEffect(() => {
    if (before.current !== undefined && saved !== before.current) {
      forgetZoneOfLink();
      setLinked(null);
    }
    before.current = saved;
  }, [saved]);

  const { mutate } = save;
  const value = useMemo(
    (): PreferencesValue => ({
      preferences,
      zone,
      chooseZone: (wanted) => {
        forgetZoneOfLink();
        setLinked(null);
        mutate({ ...preferences, zone: wanted });
      },
    }),
    [preferences, zone, mutate],
  );
  return <PreferencesContext value={value}>{children}</PreferencesContext>;
}
