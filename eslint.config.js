import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import vitest from '@vitest/eslint-plugin';
import tseslint from 'typescript-eslint';

const services = ['forwarder', 'correlator', 'publisher', 'provisioner'];
/** Composes forwarder, correlator and publisher; only the sandbox and tests compose it in turn. */
const ENGINE = './services/engine';

/** A library beside the services: the sandbox alone imports it, and it imports contracts and kit. */
const INTERPRETER = './services/asl-interpreter';

/** Inside a service, imports point left only: domain <- ports <- { application | adapters } <- main. */
const layers = services.flatMap((service) => {
  const inside = (layer) => `./services/${service}/src/${layer}`;
  const forbid = (target, from) => from.map((layer) => ({ target: inside(target), from: inside(layer) }));
  return [
    ...forbid('domain', ['ports', 'application', 'adapters', 'compose.ts', 'main.ts', 'config.ts']),
    ...forbid('ports', ['application', 'adapters', 'compose.ts', 'main.ts', 'config.ts']),
    ...forbid('application', ['adapters', 'compose.ts', 'main.ts', 'config.ts']),
    ...forbid('adapters', ['application', 'compose.ts', 'main.ts', 'config.ts']),
  ].map((zone) => ({
    ...zone,
    message: 'Imports point left only: domain <- ports <- application | adapters <- main.',
  }));
});

/**
 * Packages: contracts <- wire <- policies, services <- engine <- sandbox <- test, kit beside. Services never import one
 * another; the engine alone imports three of them. The interpreter stands left of the sandbox and knows no other service.
 */
const packages = [
  { target: './contracts', from: ['./services', './clients', './infra', './test'] },
  { target: './contracts/src', from: ['./contracts/publish'] },
  {
    target: './services/wire',
    from: [
      ...[...services, 'kit', 'operations', 'engine', 'asl-interpreter', 'sandbox'].map(
        (service) => `./services/${service}`,
      ),
      './clients',
      './infra',
      './test',
    ],
  },
  {
    target: './services/kit',
    from: [
      ...[...services, 'wire', 'operations', 'engine', 'asl-interpreter', 'sandbox'].map(
        (service) => `./services/${service}`,
      ),
      './contracts',
      './clients',
      './infra',
      './test',
    ],
  },
  {
    target: './infra/policies',
    from: [
      ...[...services, 'kit', 'operations', 'engine', 'asl-interpreter', 'sandbox'].map(
        (service) => `./services/${service}`,
      ),
      './clients',
      './test',
    ],
  },
  ...['web', 'react', 'elements', 'uppy', 'demo'].map((client) => ({
    target: `./clients/${client}`,
    from: ['./services', './infra', './test', './clients/ops'],
  })),
  // Of the services, the operators' page has what it and its API say to one another, and nothing else.
  { target: './clients/ops', from: ['./services'], except: ['./operations/src/api/contract.ts'] },
  {
    target: './clients/ops',
    from: [
      './infra',
      './test',
      './clients/cli',
      './clients/demo',
      './clients/react',
      './clients/web',
      './clients/elements',
    ],
  },
  // What operators read and do: below the command, and below the sandbox, which serves the page.
  {
    target: './services/operations',
    from: [...services, 'engine', 'asl-interpreter', 'sandbox']
      .map((service) => `./services/${service}`)
      .concat('./clients', './infra/cdk', './test'),
  },
  {
    target: './clients/web',
    from: ['./clients/react', './clients/uppy', './clients/elements', './clients/demo', './clients/cli'],
  },
  {
    target: './clients/elements',
    from: ['./clients/web', './clients/react', './clients/uppy', './clients/demo', './clients/cli'],
  },
  { target: './clients/react', from: ['./clients/uppy', './clients/demo', './clients/cli'] },
  { target: './clients/uppy', from: ['./clients/react', './clients/demo', './clients/cli'] },
  // The operator's tool evaluates the policies that ship; of the services it has only the kit and their names.
  {
    target: './clients/cli',
    from: [...services, 'engine', 'asl-interpreter', 'sandbox']
      .map((service) => `./services/${service}`)
      .concat('./test', './clients/web', './clients/react', './clients/demo', './clients/ops'),
  },
  {
    target: INTERPRETER,
    from: [
      ...[...services, 'wire', 'operations', 'engine', 'sandbox'].map((service) => `./services/${service}`),
      './clients',
      './infra',
      './test',
    ],
  },
  ...services.map((service) => ({
    target: `./services/${service}`,
    from: [
      INTERPRETER,
      ...services.filter((other) => other !== service).map((other) => `./services/${other}`),
      ENGINE,
      './services/operations',
      './services/sandbox',
      './clients',
      './infra',
      './test',
    ],
  })),
  {
    target: ENGINE,
    from: [
      INTERPRETER,
      './services/provisioner',
      './services/operations',
      './services/sandbox',
      './clients',
      './infra',
      './test',
    ],
  },
  { target: './services/sandbox', from: ['./clients', './test'] },
].flatMap(({ target, from, except = [] }) =>
  from.map((one) => ({ target, from: one, except, message: 'This package may not import that one.' })),
);

/** Emulated services know nothing of their neighbours; only compose.ts and main.ts see them all. */
const emulated = [
  'front',
  's3',
  'sqs',
  'dynamodb',
  'cognito',
  'iot',
  'kvs',
  'mqtt',
  'stepfunctions',
  'logs',
  'events',
  'workflow',
];
const neighbours = emulated.flatMap((one) =>
  emulated
    .filter((other) => other !== one)
    .map((other) => ({
      target: `./services/sandbox/src/${one}`,
      from: `./services/sandbox/src/${other}`,
      message: 'Emulated services know nothing of their neighbours; wire them in compose.ts.',
    })),
);

export default defineConfig(
  globalIgnores([
    'test/packages/apps/**',
    '**/dist/**',
    '**/node_modules/**',
    '**/coverage/**',
    'test/output/**',
    'contracts/published/**',
    'reports/**',
    '.stryker-tmp/**',
  ]),
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      // Without these two, the rules that follow imports never open a TypeScript file and find no circle.
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ conditionNames: ['stepcast-source', 'types', 'import', 'default'] }),
      ],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Promise.withResolvers<void>() is the idiom; the rule does not know type arguments of calls.
      '@typescript-eslint/no-invalid-void-type': 'off',
      'import-x/no-restricted-paths': ['error', { zones: [...packages, ...layers, ...neighbours] }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  {
    // The clock, ids and randomness are injected: pure code may not reach for the global ones.
    files: [
      'services/*/src/{domain,application,ports}/**/*.ts',
      'services/asl-interpreter/src/**/*.ts',
      'services/sandbox/src/stepfunctions/**/*.ts',
      'contracts/src/**/*.ts',
      'services/wire/src/**/*.ts',
      'infra/policies/src/**/*.ts',
    ],
    ignores: ['**/*.test.ts', '**/*.itest.ts', 'contracts/src/json.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Inject a clock.' },
        { object: 'Math', property: 'random', message: 'Inject randomness.' },
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
        {
          object: 'JSON',
          property: 'parse',
          message: 'Parse at the edge: use the json codec of the schema layer.',
        },
      ],
    },
  },
  {
    // Younger than the oldest browsers that are supported, and the compiler does not know it.
    files: ['contracts/src/**/*.ts', 'clients/{web,react,elements,uppy}/src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.ts', '**/*.test.tsx', '**/*.itest.ts', '**/*support.ts', '**/*support.tsx'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          ['URL', 'canParse'],
          ['URL', 'parse'],
          ['AbortSignal', 'any'],
          ['crypto', 'randomUUID'],
        ].map(([object, property]) => ({
          selector: `MemberExpression[object.name="${object}"][property.name="${property}"]`,
          message: `Some supported browsers have no ${object}.${property}, or not on every page.`,
        })),
      ],
    },
  },
  { files: ['**/config.ts', 'test/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['**/*.test.ts', '**/*.test.tsx', '**/*.itest.ts', 'test/**/*.ts'],
    extends: [vitest.configs.recommended],
    rules: {
      'vitest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', 'fc.assert', '**.fc.assert', 'assert*'] },
      ],
      'vitest/no-standalone-expect': 'off',
      'vitest/no-conditional-expect': 'off',
      'vitest/valid-title': ['error', { ignoreTypeOfDescribeName: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Matchers such as `expect.any(String)` have the type `any`. To call it or to read a member of it is refused here too.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['clients/{demo,ops}/src/**/*.ts'],
    languageOptions: { globals: { document: 'readonly', window: 'readonly' } },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
      },
    },
  },
  prettier,
);
