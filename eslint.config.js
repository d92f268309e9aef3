import tseslint from 'typescript-eslint';
import { defineConfig } from 'eslint/config';

export default defineConfig(
  {
    ignores: [
      'node_modules',
      '.leadwire',
      'dist-sdk',
      '**/*.cjs',
      'cli/leadwire.js',
      'eslint.config.js',
      'loader.js',
      'test/connectors/broken',
    ],
  },
  tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Deterministic code only: no clock but Temporal's, no randomness, no I/O.
    files: ['workflows/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: 'Workflows do no I/O.' }] }],
      'no-restricted-globals': ['error', 'process', 'fetch', 'setInterval', 'setImmediate', 'crypto'],
    },
  },
  {
    // Pure decisions: the same answer for the same arguments.
    files: ['rules/**', 'schema/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                'node:fs*',
                'node:http*',
                'node:net',
                'node:child_process',
                'mongoose',
                'undici',
                '@temporalio/*',
              ],
              message: 'Rules do no I/O.',
            },
          ],
        },
      ],
    },
  },
  { files: ['dev/**', 'cli/**', 'bench/**', 'test/**', 'config/publish-schema.ts'], rules: { 'no-console': 'off' } },
);
