/**
 * Who may import whom. Downward only, without a cycle: a room may be read, tested and taken out knowing only
 * what stands below it. Types count as imports too, since a type from above is knowledge of what is above.
 */

/**
 * The rooms of src, from the top down. A room imports from the layers below its own, and neither from those
 * above nor from its neighbours in the same layer. A new room gets its place here.
 */
const layers = [
  ['health', 'benchmark', 'sla'],
  ['project'],
  ['webhook'],
  ['agent', 'n8n', 'rbac'],
  ['enterprise'],
  ['tenant'],
  ['database', 'log', 'metrics', 'outbound'],
  ['config'],
];

const rooms = layers.flat();
const inRooms = (names) => `^src/(${names.join('|')})/`;
const tests = '[.]spec[.]ts$';

const downwardOnly = layers.flatMap((layer, depth) =>
  layer.map((room) => ({
    name: `${room}-imports-downward`,
    comment: `src/${room} may import only the rooms below it; see the layers in .dependency-cruiser.cjs.`,
    severity: 'error',
    from: { path: inRooms([room]) },
    to: {
      path: [inRooms([...layers.slice(0, depth).flat(), ...layer.filter((other) => other !== room)]), '^src/[^/]+$'],
    },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...downwardOnly,
    {
      name: 'every-room-has-a-layer',
      comment: 'A folder of src that is in no layer could import anything; give it a place in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: inRooms(rooms) },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'libs-know-nothing-of-mira',
      comment: 'A library could be published as it is.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: ['^(src|test|bench)/', '^ormconfig[.]ts$'] },
    },
    {
      name: 'libs-by-their-face',
      comment: 'A library is imported as @mira/<name>, which is its index.ts; the rest of it is its own business.',
      severity: 'error',
      from: { pathNot: '^libs/' },
      to: { path: '^libs/[^/]+/', pathNot: '^libs/[^/]+/index[.]ts$' },
    },
    {
      name: 'libs-by-each-others-face',
      comment: 'The same among libraries.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/[^/]+/', pathNot: ['^libs/$1/', '^libs/[^/]+/index[.]ts$'] },
    },
    {
      name: 'libs-by-their-name',
      comment: 'Import a library as @mira/<name>, not by a relative path.',
      severity: 'error',
      from: { pathNot: '^libs/' },
      to: { path: '^libs/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'no-test-code-in-the-program',
      comment: 'test/ and bench/ look at the program; the program does not know them.',
      severity: 'error',
      from: { path: ['^src/', '^ormconfig[.]ts$'], pathNot: tests },
      to: { path: ['^(test|bench)/', tests] },
    },
    {
      name: 'no-dev-dependency-in-the-program',
      comment: 'The image holds no development dependencies: such an import would fail there and only there.',
      severity: 'error',
      from: { path: ['^(src|libs)/', '^ormconfig[.]ts$'], pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-undeclared-dependency',
      comment:
        'What is imported stands in package.json; a package that only another package brought may leave with it.',
      severity: 'error',
      from: { path: ['^(src|libs)/', '^ormconfig[.]ts$'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      // Known under its prefix only, which the resolver does not see as a module of Node's.
      to: { couldNotResolve: true, pathNot: '^node:sqlite$' },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports this file and it imports nothing: is it still needed?',
      severity: 'error',
      from: { orphan: true, pathNot: ['[.]d[.]ts$', tests, '^libs/[^/]+/index[.]ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mts', '.d.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
