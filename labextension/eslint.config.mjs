// Rules for TypeScript. They know the types: an unhandled promise is an error.
import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';

const MAX_LINES_OF_FUNCTION = 60; // without blank lines and comments
const LINES = { max: MAX_LINES_OF_FUNCTION, skipBlankLines: true, skipComments: true };

export default tseslint.config(
  { ignores: ['lib/', '**/*.mjs', '*.js', '*.config.ts'] },
  {
    files: ['src/**/*.ts', 'tests/**/*.ts'],
    extends: [jupyter.configs.recommended, tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'max-lines-per-function': ['error', LINES],
      // Handlers are declared as methods and passed on one by one; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // An implementation of an asynchronous interface may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
    },
  },
  {
    // These run outside of JupyterLab's extension, where there is no translator.
    files: ['src/{widget,page,live}/**/*.ts', 'src/view/offline/*.ts', 'tests/**/*.ts'],
    rules: { 'jupyter/no-untranslated-string': 'off' },
  },
  {
    files: ['tests/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' }, // a `describe` is one function
  },
);
