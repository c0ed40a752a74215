/**
 * Schemas must not probe `new Function`, which the content policy reports as a violation. The schema library keeps its
 * settings here so that they can be made before it is loaded: pages without schemas shall not load it for this.
 */

Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

export {};
