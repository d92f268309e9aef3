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

module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'web-stands-alone',
      comment: 'What runs in browsers is built from web/ alone, and only built.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: `^(${[...layers, 'test'].join('|')})/` },
    },
    {
      name: 'nobody-imports-web',
      severity: 'error',
      from: { path: '^(?!web/)[a-z]+/' },
      to: { path: '^web/' },
    },
    {
      name: 'rules-know-nobody',
      comment: 'Pure decisions use the language and the errors, nothing else of ours.',
      severity: 'error',
      from: { path: '^rules/' },
      to: { path: '^(log|http|models|config)/' },
    },
    {
      name: 'sdk-for-authors',
      comment: 'What authors of connectors install brings nothing of a server with it.',
      severity: 'error',
      from: { path: '^sdk/' },
      to: { path: '^(log|http|models|config)/' },
    },
    {
      name: 'connectors-import-the-sdk-only',
      severity: 'error',
      from: { path: '^connectors/' },
      to: { path: '^(?!connectors/|sdk/)[a-z]+/', pathNot: '^node_modules/' },
    },
    {
      name: 'connectors-are-loaded-not-imported',
      severity: 'error',
      from: { path: '^(?!connectors/|test/)[a-z]+/' },
      to: { path: '^connectors/' },
    },
    {
      name: 'workflows-import-types-only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^(?!workflows/)[a-z]+/', pathNot: '^node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'temporal-client-and-worker-in-server-only',
      severity: 'error',
      from: { path: '^(errors|schema|rules|log|http|models|config|workflows)/' },
      to: { path: 'node_modules/@temporalio/(client|worker)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-outbound-client',
      comment: 'Every request to a configured address passes http/.',
      severity: 'error',
      from: { path: '^(?!http/|bench/|dev/|test/)[a-z]+/' },
      to: { path: 'node_modules/undici' },
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^(errors|schema|rules|sdk|log|http|models|config|activities|workflows|server|cli)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types' },
    },
    { name: 'imports-resolve', severity: 'error', from: { path: '[.]ts$' }, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(node_modules|\\.leadwire)' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs', '.json'] },
  },
};
