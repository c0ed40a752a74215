import { expect, test } from 'vitest';
import { licenceLines } from '../../../scripts/licences.mjs';

test('every package that runs is named with its licence, none that only builds or tests', () => {
  const packages = {
    '': { version: '0.1.0', license: 'Apache-2.0' },
    'node_modules/b': { version: '2.0.0', license: 'MIT' },
    'node_modules/@scope/a': { version: '1.0.0' },
    'node_modules/c/node_modules/b': { version: '1.9.0', license: 'ISC' },
    'node_modules/d/node_modules/b': { version: '1.9.0', license: 'ISC' },
    'node_modules/tests-only': { version: '1.0.0', license: 'MIT', dev: true },
  };
  expect(licenceLines({ packages })).toEqual([
    '@scope/a 1.0.0: not said by the package',
    'b 1.9.0: ISC',
    'b 2.0.0: MIT',
  ]);
});
