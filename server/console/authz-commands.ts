/** `authz id` and `authz roles list` (momentum.md 7.5), which answer in XML in any case. */

import type { Generation } from '../conf/generation.ts';
import { definedRoles } from './authorization.ts';
import type { CommandSpec } from './command-tree.ts';
import { done } from './replies.ts';
import { renderXml, type XmlElement } from './xml.ts';

/** What the commands see besides their source. */
export type AuthzContext = { readonly generation: Generation };

export const AUTHZ_COMMANDS: readonly CommandSpec<AuthzContext>[] = [
  {
    words: 'authz id',
    help: 'Show who you are and your roles, as XML',
    xml: 'own',
    run: ({ source }) =>
      done(
        renderXml({
          name: 'AuthzInformation',
          attributes: { username: source.user },
          content: [rolesElement(source.roles)],
        }),
      ),
  },
  {
    words: 'authz roles list',
    help: 'Show the roles that are defined, as XML',
    xml: 'own',
    run: (_call, { generation }) => done(renderXml(rolesElement(definedRoles(generation)))),
  },
];

function rolesElement(names: readonly string[]): XmlElement {
  return { name: 'Roles', content: names.map((name) => ({ name: 'Role', attributes: { name } })) };
}
