/** Pages whose code needs packages that are not among ours: `npm run packed` installs them, and runs it. */
export const pagesWithPackages: Readonly<Record<string, readonly string[]>> = {
  'docs/guide/jest.md': ['jest@30.5.2'],
  'docs/guide/lint.md': ['eslint@10.15.0', 'typescript-eslint@8.74.0', 'typescript@5.9.3'],
  'docs/guide/logging.md': ['pino@10.4.0', 'winston@3.19.0'],
};
