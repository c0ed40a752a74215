'use client';

/** How the dashboard looks and sounds for me. The theme belongs to this browser, the rest to the account. */

import { useEffect, useState } from 'react';
import type { Preferences } from '../../server/wire/http.ts';
import { useSession } from '../frame/session-gate.tsx';
import { chooseTheme, storedChoice, type ThemeChoice } from '../frame/theme.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { allZones, BROWSER_ZONE, zoneName } from '../ui/zone.ts';
import { useLastSave, usePreferences, useSavePreferences } from './preferences-query.ts';

export function AccountTab() {
  const { account } = useSession();
  return (
    <>
      <dl className="facts">
        <dt>Name</dt>
        <dd className="isolate-text">{inertName(account.name)}</dd>
        <dt>Role</dt>
        <dd>{account.role}</dd>
      </dl>
      <ThemeChoices />
      <AccountChoices />
    </>
  );
}

type Choice<T extends string> = { readonly value: T; readonly label: string; readonly note?: string };

type ChoicesProps<T extends string> = {
  readonly name: string;
  readonly legend: string;
  readonly hint: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T | null;
  readonly onChange: (value: T) => void;
};

function Choices<T extends string>({ name, legend, hint, choices, value, onChange }: ChoicesProps<T>) {
  return (
    <fieldset className="setting" data-test={MARKS.settings.choice} data-setting={name}>
      <legend>{legend}</legend>
      <p className="field-hint">{hint}</p>
      {choices.map((choice) => (
        <label key={choice.value} className="check">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            onChange={() => onChange(choice.value)}
          />
          <span>
            {choice.label}
            {choice.note === undefined ? null : <span className="muted"> {choice.note}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const THEMES: readonly Choice<ThemeChoice>[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function ThemeChoices() {
  // Only the browser knows: the page is drawn before it is asked.
  const [theme, setTheme] = useState<ThemeChoice | null>(null);
  useEffect(() => setTheme(storedChoice()), []);
  return (
    <Choices
      name="theme"
      legend="Theme"
      hint="Of this browser. Default: as the system."
      choices={THEMES}
      value={theme}
      onChange={(choice) => {
        chooseTheme(choice);
        setTheme(choice);
      }}
    />
  );
}

const DENSITIES: readonly Choice<Preferences['density']>[] = [
  { value: 'compact', label: 'Compact', note: 'rows of 28 px' },
  { value: 'normal', label: 'Normal', note: 'rows of 36 px' },
  { value: 'roomy', label: 'Roomy', note: 'rows of 48 px' },
];

const ANNOUNCEMENTS: readonly Choice<Preferences['announcements']>[] = [
  { value: 'none', label: 'None' },
  {
    value: 'important',
    label: 'Important',
    note: 'lost connections, results of own commands, new critical states',
  },
  { value: 'all', label: 'All', note: 'also changes on the page in view, one sentence in ten seconds' },
];

function AccountChoices() {
  const query = usePreferences();
  const save = useSavePreferences();
  const chosen = query.data;
  if (chosen === undefined) {
    return <p className="muted">{query.isError ? query.error.message : 'Fetching your preferences…'}</p>;
  }
  const change = (part: Partial<Preferences>): void => save.mutate({ ...chosen, ...part });
  return (
    <>
      <Choices
        name="density"
        legend="Density of tables"
        hint="Default: normal."
        choices={DENSITIES}
        value={chosen.density}
        onChange={(density) => change({ density })}
      />
      <ZoneChoice zone={chosen.zone} onChange={(zone) => change({ zone })} />
      <fieldset className="setting" data-test={MARKS.settings.choice} data-setting="shortcuts">
        <legend>Shortcuts</legend>
        <p className="field-hint">Keys that work alone, such as g, j and k. Default: on.</p>
        <label className="check">
          <input
            type="checkbox"
            checked={chosen.shortcuts}
            onChange={(event) => change({ shortcuts: event.target.checked })}
          />
          Single keys do something
        </label>
      </fieldset>
      <Choices
        name="announcements"
        legend="Announcements"
        hint="What a screen reader is told while you look elsewhere. Default: important."
        choices={ANNOUNCEMENTS}
        value={chosen.announcements}
        onChange={(announcements) => change({ announcements })}
      />
      <SaveState />
    </>
  );
}

function ZoneChoice({
  zone,
  onChange,
}: {
  readonly zone: string;
  readonly onChange: (zone: string) => void;
}) {
  const own = `This browser's: ${zoneName(BROWSER_ZONE)}`;
  const zones = allZones();
  return (
    <div className="setting">
      <label className="setting-label" htmlFor="setting-zone">
        Time zone
      </label>
      <p className="field-hint" id="setting-zone-hint">
        In which times are shown, everywhere. Default: this browser's.
      </p>
      <select
        className="input"
        id="setting-zone"
        aria-describedby="setting-zone-hint"
        value={zone}
        data-test={MARKS.settings.zone}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value={BROWSER_ZONE}>{own}</option>
        {zone === BROWSER_ZONE || zones.includes(zone) ? null : (
          <option value={zone}>{inertName(zone)}</option>
        )}
        {zones.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

const SAVE_WORDS = {
  none: 'Choices are saved at once.',
  saving: 'Saving…',
  saved: 'Saved to your account.',
} as const;

function SaveState() {
  const { state, failure } = useLastSave();
  if (state === 'failed') {
    return (
      <p className="field-error" data-test={MARKS.settings.saveError}>
        Not saved: {failure}
      </p>
    );
  }
  return (
    <p className="muted" data-test={MARKS.settings.saved} data-saved={state === 'saved'}>
      {SAVE_WORDS[state]}
    </p>
  );
}
