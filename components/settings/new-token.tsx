'use client';

/** Makes a token. Its secret lives in this component only and is gone with it: no cache, no storage keeps it. */

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { TOKEN_DAYS_MAX, TOKEN_SCOPES, tokenCreateReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';
import { MARKS } from '../test-marks.ts';
import { pageVoice } from '../ui/announce.ts';
import { copyText } from '../ui/data-table/copy-text.ts';
import { inertName } from '../ui/inert-text.ts';
import { SCOPE_WORDS, typedList } from './token-words.ts';
import { TOKENS_KEY } from './tokens-query.ts';

const DAYS_DEFAULT = 90;

type Made = { readonly label: string; readonly secret: string };

function text(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
}

export function NewToken() {
  const { csrf } = useSession();
  const queries = useQueryClient();
  const [made, setMade] = useState<Made | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const create = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const body = {
      label: text(data, 'label'),
      scope: text(data, 'scope'),
      days: Number(text(data, 'days')),
      subclusters: typedList(text(data, 'subclusters')),
      networks: typedList(text(data, 'networks')),
    };
    setBusy(true);
    setFailure(null);
    try {
      const reply = await callApi('/api/tokens', { method: 'POST', csrf, body });
      const { token, secret } = parsed(reply, (value) => tokenCreateReply.safeParse(value).data);
      setMade({ label: token.label, secret });
      form.reset();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : 'The token was not made.');
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: TOKENS_KEY });
    }
  };

  if (made !== null) return <Secret made={made} onDone={() => setMade(null)} />;
  return <TokenForm busy={busy} failure={failure} onSubmit={(form) => void create(form)} />;
}

type TokenFormProps = {
  readonly busy: boolean;
  readonly failure: string | null;
  readonly onSubmit: (form: HTMLFormElement) => void;
};

function TokenForm({ busy, failure, onSubmit }: TokenFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!busy) onSubmit(event.currentTarget);
  };
  return (
    <form className="token-form" onSubmit={submit} data-test={MARKS.settings.tokenForm}>
      <h2 className="section-title">New token</h2>
      <div className="field">
        <label htmlFor="token-label">Label</label>
        <input
          className="input"
          id="token-label"
          name="label"
          required
          maxLength={100}
          autoComplete="off"
          data-test={MARKS.settings.tokenLabel}
        />
      </div>
      <div className="field">
        <label htmlFor="token-scope">Scope</label>
        <select className="input" id="token-scope" name="scope" data-test={MARKS.settings.tokenScope}>
          {TOKEN_SCOPES.map((scope) => (
            <option key={scope} value={scope}>
              {scope}: {SCOPE_WORDS[scope]}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="token-days">Ends after days, 1 to {TOKEN_DAYS_MAX}</label>
        <input
          className="input"
          id="token-days"
          name="days"
          type="number"
          min={1}
          max={TOKEN_DAYS_MAX}
          required
          defaultValue={DAYS_DEFAULT}
          data-test={MARKS.settings.tokenDays}
        />
      </div>
      <div className="field">
        <label htmlFor="token-subclusters">Commands only to subclusters</label>
        <input
          className="input"
          id="token-subclusters"
          name="subclusters"
          autoComplete="off"
          placeholder="all"
        />
      </div>
      <div className="field">
        <label htmlFor="token-networks">Only from networks</label>
        <input
          className="input"
          id="token-networks"
          name="networks"
          autoComplete="off"
          placeholder="any, or 10.0.0.0/8"
          data-test={MARKS.settings.tokenNetworks}
        />
      </div>
      <button type="submit" className="button" aria-disabled={busy} data-test={MARKS.settings.tokenCreate}>
        {busy ? 'Making it…' : 'Make the token'}
      </button>
      {failure === null ? null : (
        <p className="field-error token-form-error" role="alert" data-test={MARKS.settings.tokenError}>
          {failure}
        </p>
      )}
    </form>
  );
}

function Secret({ made, onDone }: { readonly made: Made; readonly onDone: () => void }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    const done = await copyText(made.secret);
    setCopied(done);
    if (!done) field.current?.select();
    pageVoice.alert(
      done ? 'The token is on the clipboard.' : 'This browser did not copy it: copy it by hand.',
    );
  };
  return (
    <section className="notice token-secret" data-tone="warning" aria-labelledby="token-secret-title">
      <h2 className="section-title" id="token-secret-title">
        The token {inertName(made.label)}, shown this once
      </h2>
      <p>Nobody can show it again, also not the gateway, which keeps only its hash. Store it now.</p>
      <div className="token-secret-row">
        <input
          ref={field}
          className="input mono"
          aria-label="The token"
          readOnly
          value={made.secret}
          data-test={MARKS.settings.tokenSecret}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button
          type="button"
          className="button"
          data-kind="primary"
          data-test={MARKS.settings.tokenCopy}
          onClick={() => void copy()}
        >
          {copied === true ? 'Copied' : 'Copy'}
        </button>
        <button type="button" className="button" data-test={MARKS.settings.tokenDone} onClick={onDone}>
          I have stored it
        </button>
      </div>
      {copied === false ? <p>This browser did not copy it: it is selected, copy it by hand.</p> : null}
    </section>
  );
}
