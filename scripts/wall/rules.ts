/** The house of CONTRIBUTING.md as rules for dependency-cruiser: which way imports go, types included. */
import type { IForbiddenRuleType } from 'dependency-cruiser';

/** What most rooms stand on. Of the engine, only its door. */
const ground = ['src/schemas/', 'src/errors/', 'src/ids/', 'src/coalescer/index.ts', 'src/lib/'];

/** What may be imported from where, from the top of the house down: each folder uses folders below it. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  // A user like any other, but for the doctor's ids and what it says of URLs, tokens and certificates.
  'src/cli/': [
    'src/index.ts',
    'src/testing/',
    'src/recordings/',
    'src/inspector/',
    'src/trace/',
    'src/genai/',
    'src/transport/',
    'src/ids/',
    'src/lib/',
  ],
  // It redacts before the table of names moves anything.
  'src/otel/': [
    'src/trace/index.ts',
    'src/trace/redaction.ts',
    'src/genai/',
    'src/index.ts',
    'src/lib/',
  ],
  'src/ai/': ['src/trace/index.ts', 'src/genai/', 'src/index.ts', 'src/lib/'],
  // Types only: what the table of names maps to.
  'src/genai/': ['src/trace/index.ts', 'src/lib/'],
  // A user like any other.
  'src/inspector/': ['src/index.ts', 'src/lib/'],
  'src/recordings/': ['src/index.ts', 'src/testing/'],
  // A user like any other.
  'src/trace/': ['src/index.ts', 'src/lib/'],
  // Uses a client as a user does, but for one door of it; and what it shares with the client's own way to send.
  'src/fetch/': [
    'src/index.ts',
    'src/client/client-door.ts',
    'src/transport/',
    'src/errors/',
    'src/ids/',
    'src/lib/',
  ],
  'src/index.ts': ['src/client/', 'src/resources/', 'src/transport/', ...ground],
  'src/client/': ['src/resources/', 'src/pipeline/', 'src/transport/', ...ground],
  'src/resources/': ['src/pipeline/', ...ground],
  'src/pipeline/': ground,
  'src/transport/': ground,
  'src/schemas/': ['src/errors/', 'src/ids/', 'src/coalescer/index.ts', 'src/lib/'],
  'src/errors/': ['src/coalescer/index.ts', 'src/lib/'],
  'src/ids/': ['src/lib/'],
  // It could be lifted out, with lib/.
  'src/coalescer/': ['src/lib/'],
  // Nothing that knows the API, so that a mistake of the client's cannot be the emulator's too.
  'src/testing/': ['src/lib/value-checks.ts'],
  'src/lib/': [],
};

/** The folders that may import a package; one without a row may not be imported at all. */
const owners: Readonly<Record<string, string>> = {
  dataloader: '^src/client/batch-window\\.ts$',
  ky: '^src/transport/',
  nanoid: '^src/ids/',
  // Types only, of what the user hands in.
  '@opentelemetry/api': '^src/otel/',
  '@opentelemetry/sdk-trace-base': '^src/otel/',
  zod: '^src/(schemas|recordings)/|^src/client/parse-options\\.ts$',
};

const insideEngine = '^src/coalescer/(?!index\\.ts$)';

/** And those that hold tables of the documents to the source. */
const engineTests = [
  '^test/(coalescer|properties)/',
  '^test/helpers/engine\\.ts$',
  '^test/docs/(errors|coalescer-options)\\.test\\.ts$',
  '^scripts/storms/',
];

export const rules: IForbiddenRuleType[] = [
  {
    name: 'the-engine-has-one-door',
    comment: 'Import from src/coalescer/index.ts; what is missing there belongs there.',
    from: { path: '^src/(?!coalescer/)' },
    to: { path: insideEngine },
  },
  {
    name: 'only-tests-of-the-engine-open-it',
    comment:
      'Import from src/coalescer/index.ts, as the client does, or from standalone/index.ts, as others do.',
    from: { path: '^(test|bench|scripts|tools|examples)/', pathNot: engineTests },
    to: { path: insideEngine, pathNot: '^src/coalescer/standalone/index\\.ts$' },
  },
  ...Object.entries(rooms).map(([name, uses]): IForbiddenRuleType => {
    const files = filesOf(name);
    return {
      name: `what-${name.replace(/^src\/|\/$|\.ts$/g, '')}-may-use`,
      comment: `Only ${uses.join(', ') || 'its own files'}. Move what is shared down, or have client.ts hand it in.`,
      from: { path: files },
      to: { path: '^src/', pathNot: [files, insideEngine, ...uses.map(filesOf)] },
    };
  }),
  {
    name: 'every-room-has-its-row',
    comment: 'Give the new folder a row in scripts/wall/rules.ts, and a line in CONTRIBUTING.md.',
    from: { path: '^src/', pathNot: Object.keys(rooms).map(filesOf) },
    to: {},
  },
  {
    name: 'no-circles',
    comment: 'Types count, too. What two files need of each other belongs into a third.',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'no-circles-of-folders',
    comment:
      'No folder imports itself through another. What two need of each other belongs into a third.',
    scope: 'folder',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'scripts-and-bench-stand-apart',
    comment: 'What both need belongs into tools/.',
    from: { path: '^(scripts|bench)/' },
    to: { path: '^(scripts|bench)/', pathNot: '^$1/' },
  },
  {
    name: 'tools-know-nothing-of-the-rest',
    comment: 'Scripts, bench and tests use tools/; hand in what it needs of them.',
    from: { path: '^tools/' },
    to: { pathNot: ['^tools/', '^node_modules/'], dependencyTypesNot: ['core'] },
  },
  ...Object.entries(owners).map(
    ([name, owner]): IForbiddenRuleType => ({
      name: `${name}-has-its-owner`,
      comment: `Use the package through ${owner}.`,
      from: { path: '^src/', pathNot: owner },
      to: { path: packagePath(name) },
    }),
  ),
  {
    name: 'no-other-package',
    comment: 'A new dependency needs an owner: a row in scripts/wall/rules.ts.',
    from: { path: '^src/' },
    to: {
      pathNot: ['^src/', ...Object.keys(owners).map(packagePath)],
      dependencyTypesNot: ['core'],
    },
  },
  {
    name: 'node-only-where-there-is-node',
    comment: 'Use what every runtime has: fetch, Web Crypto, TextEncoder, streams.',
    from: {
      path: '^src/',
      pathNot:
        '^src/(cli|recordings)/|^src/(testing/http/server|inspector/(http-server|viewers))\\.ts$',
    },
    to: { dependencyTypes: ['core'] },
  },
];

function filesOf(name: string): string {
  const path = `^${name.replaceAll('.', '\\.')}`;
  return name.endsWith('/') ? path : `${path}$`;
}

function packagePath(name: string): string {
  return `(^|/)node_modules/${name}/`;
}
