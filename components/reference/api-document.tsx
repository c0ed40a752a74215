'use client';

/** Routes by group, each with what it takes, what it gives, and a command line to try it. */

import { type ReactNode, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { pageVoice } from '../ui/announce.ts';
import { copyText } from '../ui/data-table/copy-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import type { Access, ApiView, RouteGroup, RouteView } from './api-routes.ts';
import type { FieldRow } from './api-schema.ts';
import { ReferenceFilter } from './reference-filter.tsx';

export function ApiDocument({ api }: { readonly api: ApiView }) {
  return (
    <ReferenceFilter label="Filter the routes" placeholder="Filter: path, method, words">
      <nav className="reference-index" aria-label="Groups">
        <ul>
          {api.groups.map(({ tag, routes }) => (
            <li key={tag}>
              <a href={`#tag-${tag}`}>{tag}</a> <span className="muted">{routes.length}</span>
            </li>
          ))}
          <li>
            <a href="#shapes">shapes</a> <span className="muted">{api.shapes.length}</span>
          </li>
        </ul>
      </nav>
      <div className="reference-body">
        <p className="reference-words">{api.description}</p>
        {api.groups.map((group) => (
          <Group key={group.tag} group={group} />
        ))}
        <section id="shapes" aria-labelledby="shapes-title" data-reference-group="">
          <h2 className="reference-heading" id="shapes-title">
            Shapes <span className="muted">used by several routes; Error is every reply that is not 2xx</span>
          </h2>
          {api.shapes.map(({ name, fields }) => (
            <article key={name} id={`shape-${name}`} data-reference-text={`shape ${name}`.toLowerCase()}>
              <h3 className="reference-route mono">{name}</h3>
              <Fields label={`Fields of ${name}`} rows={fields} />
            </article>
          ))}
        </section>
      </div>
    </ReferenceFilter>
  );
}

function Group({ group }: { readonly group: RouteGroup }) {
  return (
    <section id={`tag-${group.tag}`} aria-labelledby={`tag-${group.tag}-title`} data-reference-group="">
      <h2 className="reference-heading" id={`tag-${group.tag}-title`}>
        {group.tag} <span className="muted">{group.description}</span>
      </h2>
      {group.routes.map((route) => (
        <Route key={route.anchor} route={route} />
      ))}
    </section>
  );
}

const ACCESS_WORDS: Readonly<Record<Access, string>> = {
  anyone: 'Open to anyone',
  session: 'People only, with a session',
  both: 'With a session or an API token',
};

function Route({ route }: { readonly route: RouteView }) {
  const { method, path, anchor } = route;
  const search = `${method} ${path} ${route.summary} ${route.roles?.join(' ') ?? ''}`.toLowerCase();
  return (
    <article
      id={anchor}
      aria-labelledby={`${anchor}-title`}
      data-reference-text={search}
      data-test={MARKS.reference.route}
      data-route={`${method} ${path}`}
    >
      <h3 className="reference-route" id={`${anchor}-title`}>
        <a href={`#${anchor}`} className="reference-anchor mono">
          <span className="reference-method">{method}</span> {path}
        </a>
      </h3>
      <p>{route.summary}.</p>
      <p className="muted">
        {ACCESS_WORDS[route.access]}
        {route.roles === null ? '' : `; roles: ${route.roles.join(', ')}`}.
      </p>
      {route.parameters.length === 0 ? null : (
        <Part title="Parameters">
          <Fields
            label={`Parameters of ${method} ${path}`}
            rows={route.parameters.map((row) => ({ ...row, name: `${row.name} (${row.where})` }))}
          />
        </Part>
      )}
      {route.body === null ? null : (
        <Part title="Body, JSON">
          <Fields label={`Body of ${method} ${path}`} rows={route.body} />
        </Part>
      )}
      {route.replies.map(({ status, text, fields }) => (
        <Part key={status} title={`Reply ${status}`} note={text}>
          {fields.length === 0 ? null : (
            <Fields label={`Reply ${status} of ${method} ${path}`} rows={fields} />
          )}
        </Part>
      ))}
      {route.curl === null ? null : <Example text={route.curl} of={`${method} ${path}`} />}
    </article>
  );
}

type PartProps = { readonly title: string; readonly note?: string; readonly children: ReactNode };

function Part({ title, note, children }: PartProps) {
  return (
    <div className="reference-part">
      <p>
        <span className="label">{title}</span>
        {note === undefined ? null : <span className="muted"> {note}</span>}
      </p>
      {children}
    </div>
  );
}

const HEADS = ['Field', 'Type', 'Needed', 'Rules'] as const;

function Fields({ label, rows }: { readonly label: string; readonly rows: readonly FieldRow[] }) {
  const [only] = rows;
  // One value without a name is a sentence, not a table.
  if (rows.length === 1 && only?.name === '') {
    return (
      <p>
        <TypeOf row={only} /> <span className="muted">{only.rules}</span>
      </p>
    );
  }
  return (
    <table className="reference-table reference-fields" aria-label={label}>
      <thead>
        <tr>
          {HEADS.map((head) => (
            <th key={head} scope="col" className="label">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row" className="mono">
              {row.name}
            </th>
            <td data-head="Type">
              <TypeOf row={row} />
            </td>
            <td data-head="Needed">{row.required ? 'yes' : 'no'}</td>
            <td data-head="Rules" className="muted">
              {row.rules}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TypeOf({ row }: { readonly row: FieldRow }) {
  if (row.shape === null) return <span className="mono">{row.type}</span>;
  return (
    <a className="mono" href={`#shape-${row.shape}`}>
      {row.type}
    </a>
  );
}

function Example({ text, of }: { readonly text: string; readonly of: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    pageVoice.alert(done ? 'The example is on the clipboard.' : 'This browser did not copy it.');
  };
  return (
    <div className="reference-part">
      <p className="reference-example-head">
        <span className="label">Example</span>
        <button
          type="button"
          className="button"
          aria-label={`Copy the example of ${of}`}
          data-test={MARKS.reference.copy}
          onClick={() => void copy()}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
      </p>
      <ScrollRegion className="reference-example" label={`Example of ${of}`}>
        <pre data-test={MARKS.reference.curl}>{text}</pre>
      </ScrollRegion>
    </div>
  );
}
