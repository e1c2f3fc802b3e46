import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import importSort from 'eslint-plugin-simple-import-sort';
import sonarjs from 'eslint-plugin-sonarjs';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.{ts,tsx}', 'src/testing/**', 'dev/**'];

export default tseslint.config(
  { ignores: ['dist/', 'dev/out/', 'dev/bin/', 'coverage/', '**/testdata/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      reactHooks.configs.flat['recommended-latest'],
      jsxA11y.flatConfigs.strict,
    ],
    plugins: { sonarjs },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'sonarjs/cognitive-complexity': ['error', 12],
      'max-lines': ['error', { max: 400, skipComments: true, skipBlankLines: true }],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'lodash', message: 'The standard library does it.' },
            { name: 'moment', message: 'Use dateTime of @grafana/data.' },
            {
              name: 'react-router',
              allowImportNames: ['Routes', 'Route', 'useParams', 'useNavigate', 'useLocation'],
              message: 'Grafana provides the router, in different versions: only these names exist in all of them.',
            },
          ],
          patterns: [{ regex: '^@grafana/[^/]+/', message: 'Only the packages themselves are shared at run time.' }],
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A number in a template reads as it should; the formatters decide how where it matters.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Grafana's plugin classes differ from each other by their type parameters only.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // The packages of Grafana carry copies of each other's enums.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Callbacks of Grafana's components often want a function without a result.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    plugins: { 'simple-import-sort': importSort },
    rules: {
      'simple-import-sort/imports': ['error', { groups: [['^\\u0000', '^node:', '^@?\\w', '^', '^\\.']] }],
      'simple-import-sort/exports': 'error',
    },
  },
  {
    files: tests,
    rules: {
      'no-restricted-imports': 'off',
      // A test may look inside what it has just made.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // The preview host stands in for Grafana, whose own interfaces are loosely typed and in part deprecated.
    files: ['dev/host/web/**'],
    rules: {
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  }
);
