/** Kinds of suites, told apart by their names: see CONTRIBUTING. */
const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^@mira/([^/]+)$': '<rootDir>/libs/$1/index.ts',
    // It says of itself that it can only be imported, but these suites are CommonJS; as a file it can be required.
    '^@octokit/webhooks-methods$': '<rootDir>/node_modules/@octokit/webhooks-methods/dist-node/index.js',
  },
};

module.exports = {
  testTimeout: 60_000,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{src,libs,test/support}/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.int-spec.ts'],
      globalSetup: '<rootDir>/test/support/set-up-databases.ts',
      globalTeardown: '<rootDir>/test/support/tear-down-databases.ts',
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/set-up-databases.ts',
      globalTeardown: '<rootDir>/test/support/tear-down-databases.ts',
    },
    { ...common, displayName: 'n8n', testMatch: ['<rootDir>/test/n8n/**/*.contract.ts'] },
  ],
};
