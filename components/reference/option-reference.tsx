/**
 * Every option of every scope, from the option tables themselves. Rendered at build time: no table travels to the
 * browser as script. `ReferenceFilter` hides what is not looked for.
 */

import { MARKS } from '../test-marks.ts';
import {
  allowedText,
  changeWords,
  defaultText,
  optionAnchor,
  optionType,
  type ReferenceOption,
  type ReferenceScope,
  scopeAnchor,
  scopeName,
  scopeSyntax,
  searchText,
} from './option-words.ts';
import { ReferenceFilter } from './reference-filter.tsx';
import { ReferenceTitle } from './reference-title.tsx';

export function OptionReference({ scopes }: { readonly scopes: readonly ReferenceScope[] }) {
  const count = scopes.reduce((sum, { options }) => sum + options.length, 0);
  return (
    <div className="reference" data-test={MARKS.reference.options}>
      <ReferenceTitle title="Option reference">
        {count} options in {scopes.length} scopes, made from the tables that check the configuration.
      </ReferenceTitle>
      <ReferenceFilter label="Filter the options" placeholder="Filter: name, scope, type, default">
        <nav className="reference-index" aria-label="Scopes">
          <ul>
            {scopes.map((scope) => (
              <li key={scopeAnchor(scope)}>
                <a href={`#${scopeAnchor(scope)}`} className="mono">
                  {scopeName(scope)}
                </a>{' '}
                <span className="muted">{scope.options.length}</span>
              </li>
            ))}
          </ul>
        </nav>
        <div className="reference-body">
          {scopes.map((scope) => (
            <Scope key={scopeAnchor(scope)} scope={scope} />
          ))}
        </div>
      </ReferenceFilter>
    </div>
  );
}

const HEADS = ['Option', 'Type', 'Default', 'Allowed', 'A change', 'Documented in'] as const;

function Scope({ scope }: { readonly scope: ReferenceScope }) {
  const anchor = scopeAnchor(scope);
  return (
    <section
      id={anchor}
      aria-labelledby={`${anchor}-title`}
      data-reference-group=""
      data-test={MARKS.reference.scope}
    >
      <h2 className="reference-heading" id={`${anchor}-title`}>
        <a href={`#${anchor}`} className="reference-anchor mono">
          {scopeName(scope)}
        </a>
        <span className="muted mono">{scopeSyntax(scope)}</span>
      </h2>
      {scope.options.length === 0 ? (
        <p className="muted">It holds other scopes and has no options of its own.</p>
      ) : (
        <table className="reference-table">
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
            {scope.options.map((option) => (
              <Row key={option.name} scope={scope} option={option} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ scope, option }: { readonly scope: ReferenceScope; readonly option: ReferenceOption }) {
  const anchor = optionAnchor(scope, option);
  const given = defaultText(option);
  return (
    <tr
      id={anchor}
      data-reference-text={searchText(scope, option)}
      data-test={MARKS.reference.option}
      data-option={option.name}
    >
      <th scope="row">
        <a href={`#${anchor}`} className="reference-anchor mono">
          {option.name}
        </a>
        {option.aliasOf === undefined ? null : (
          <p className="muted">
            another spelling of <span className="mono">{option.aliasOf}</span>
          </p>
        )}
        {option.deprecated === undefined ? null : (
          <p className="reference-deprecated">deprecated: {option.deprecated}</p>
        )}
      </th>
      <td data-head="Type">{optionType(option)}</td>
      <td data-head="Default">
        {given === undefined ? (
          <span className="muted">none documented</span>
        ) : (
          <span className="mono">{given}</span>
        )}
      </td>
      <td data-head="Allowed">{allowedText(option) ?? <span className="muted">any</span>}</td>
      <td data-head="A change">{changeWords(scope, option)}</td>
      <td data-head="Documented in" className="muted">
        {option.source}
      </td>
    </tr>
  );
}
