/** `module list` as text and XML, laid out as momentum.md 7.5 says. Takes plain facts, knows no module. */

import { printableLine } from './printable.ts';
import { renderXml, textElement } from './xml.ts';

export type ModuleFacts = {
  readonly scope: string;
  /** Undefined for a singleton. */
  readonly instance: string | undefined;
  readonly enabled: boolean;
  readonly api: 'Singleton' | 'Logger' | 'Generic';
  readonly name: string;
  readonly description: string;
};

export function renderModules(modules: readonly ModuleFacts[]): string {
  return modules
    .flatMap((module) => [
      `Module: ${titleOf(module)}`,
      `  Scope_Name: ${module.scope}`,
      ...(module.instance === undefined ? [] : [`  Instance_Name: ${module.instance}`]),
      `  Enabled: ${enabledWord(module)}`,
      `  API: ${module.api}`,
      `  Name: ${module.name}`,
      `  Description: ${module.description}`,
    ])
    .map(printableLine)
    .join('\n');
}

export function renderModulesXml(modules: readonly ModuleFacts[]): string {
  return renderXml({
    name: 'Modules',
    content: modules.map((module) => ({
      name: 'Module',
      attributes: { name: titleOf(module) },
      content: [
        textElement('Scope_Name', module.scope),
        ...(module.instance === undefined ? [] : [textElement('Instance_Name', module.instance)]),
        textElement('Enabled', enabledWord(module)),
        textElement('API', module.api),
        textElement('Name', module.name),
        textElement('Description', module.description),
      ],
    })),
  });
}

function titleOf({ scope, instance }: ModuleFacts): string {
  return instance === undefined ? scope : `${scope}:${instance}`;
}

function enabledWord({ enabled }: ModuleFacts): string {
  return enabled ? 'enabled' : 'disabled';
}
