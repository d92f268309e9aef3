/** The layering of Leadwire: an import goes only downwards. */
const layers = [
  'errors',
  'schema',
  'rules',
  'sdk',
  'log',
  'http',
  'models',
  'config',
  'activities',
  'workflows',
  'server',
  'cli',
  'dev',
  'bench',
];

const upwards = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-nothing-above`,
  severity: 'error',
  from: { path: `^${layer}/` },
  to: { path: `^(${layers.slice(index + 1).join('|')}|test)/` },
}));

/** A rule: what lies under `from` (a pattern of paths) imports nothing that fits `to`. */
const forbid = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: typeof to === 'string' ? { path: to } : to,
});

const VALUES_ONLY = { dependencyTypesNot: ['type-only'] };

module.exports = {
  forbidden: [
    ...upwards,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: VALUES_ONLY } },
    // What runs in browsers is built from web/ alone, and only built.
    forbid('web-stands-alone', '^web/', `^(${[...layers, 'test'].join('|')})/`),
    forbid('nobody-imports-web', '^(?!web/)[a-z]+/', '^web/'),
    // Pure decisions use the language and the errors, nothing else of ours.
    forbid('rules-know-nobody', '^rules/', '^(log|http|models|config)/'),
    // What authors of connectors install brings nothing of a server with it.
    forbid('sdk-for-authors', '^sdk/', '^(log|http|models|config)/'),
    forbid('connectors-import-the-sdk-only', '^connectors/', {
      path: '^(?!connectors/|sdk/)[a-z]+/',
      pathNot: '^node_modules/',
    }),
    forbid('connectors-are-loaded-not-imported', '^(?!connectors/|test/)[a-z]+/', '^connectors/'),
    forbid('workflows-import-types-only', '^workflows/', {
      path: '^(?!workflows/)[a-z]+/',
      pathNot: '^node_modules/',
      ...VALUES_ONLY,
    }),
    forbid('temporal-client-and-worker-in-server-only', '^(errors|schema|rules|log|http|models|config|workflows)/', {
      path: 'node_modules/@temporalio/(client|worker)',
      ...VALUES_ONLY,
    }),
    // Every request to a configured address passes http/.
    forbid('one-outbound-client', '^(?!http/|bench/|dev/|test/)[a-z]+/', 'node_modules/undici'),
    forbid(
      'not-to-dev-dependency',
      '^(errors|schema|rules|sdk|log|http|models|config|activities|workflows|server|cli)/',
      { dependencyTypes: ['npm-dev'], ...VALUES_ONLY, pathNot: 'node_modules/@types' },
    ),
    forbid('imports-resolve', '[.]ts$', { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^([.]leadwire|dist-sdk)' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
