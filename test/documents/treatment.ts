/** What the test of the documents does with a command. */
export type Treatment =
  | {
      /** Runs it to its end. */
      readonly does: 'run';
      /** Exit codes that are as the document says. Default 0. */
      readonly codes?: readonly number[];
      readonly prints?: RegExp;
      /** In an empty project beside the repository, as the document says. */
      readonly inProject?: true;
    }
  /** Starts it, waits until the sandbox is ready, and stops it when the next one starts. */
  | { readonly does: 'serve' }
  /** A setting of the shell, for the commands after it. */
  | { readonly does: 'remember' }
  | { readonly does: 'not'; readonly because: string };

const ACCOUNT = 'it needs credentials of an AWS account';
const REGISTRY = 'nothing is in a registry yet; test:packages installs the tarballs';
const not = (because: string): Treatment => ({ does: 'not', because });

/** The first that fits counts. A command that none fits fails the test: say here what to do with it. */
const TREATMENTS: readonly (readonly [RegExp, Treatment])[] = [
  [/^npm ci && npm test$|^npm test$|^npm run verify$/, not('it is the suite itself, which CI runs')],
  [/^npm ci$/, { does: 'run' }],
  [/^npm start -- --help$/, { does: 'run', prints: /--definition FILE/ }],
  [/^npm start -- --check /, { does: 'run', prints: /runs/ }],
  [/^(npm ci && |STEPCAST_\w+='[^']*' )?npm start( |$)/, { does: 'serve' }],
  [/^npm run test:packages$/, not('it is a test of its own, of several minutes')],
  [
    /^npm run (bench|test:|verify:aws)/,
    not('it is a test of its own, of many minutes or on an idle machine'),
  ],
  [/^npm run build:ops$/, { does: 'run' }],
  [/infra\/cdk\/src\/bundle\.ts /, { does: 'run' }],
  [/^npm run synth/, { does: 'run', prints: /template|Next/ }],
  [/^npm run pack:all$/, { does: 'run', prints: /stepcast-web-.*\.tgz/ }],
  [/^npm install \.\/dist\/packages/, { does: 'run', inProject: true }],
  [/^npm install .*@stepcast\//, not(REGISTRY)],
  [/^npm install$/, not('the tarballs are installed by the command of docs/development/releasing.md')],
  [/^npx stepcast (--help|doctor explain|types )/, { does: 'run', codes: [0, 3], inProject: true }],
  [/stepcast -- permission-set .* > execution\.json$/, { does: 'run', prints: /characters/ }],
  [/stepcast -- permission-set/, { does: 'run', prints: /"Statement"/ }],
  [/stepcast -- dead-letters explain/, { does: 'run', prints: /CORRELATOR_UNOWNED/ }],
  [/stepcast -- doctor explain/, { does: 'run', codes: [0, 3] }],
  [/stepcast -- doctor --endpoint/, { does: 'run', codes: [2], prints: /FAIL +iot\.attachment/ }],
  [/stepcast -- (backfill|lookup) --endpoint/, { does: 'run' }],
  [/^(aws|npx aws-cdk@2|jq) /, not(ACCOUNT)],
  [/stepcast(?: --)? (doctor|lookup|destroy|journal|dead-letters)/, not(ACCOUNT)],
  [/^export |^stepcast\(\)/, { does: 'remember' }],
  [/^(cp|printf) /, { does: 'run' }],
  [/^npx node clients\/examples\//, { does: 'run', prints: /executionSucceeded/ }],
];

/** What to do with a command; undefined for one that nobody has thought of. */
export function treatmentOf(command: string): Treatment | undefined {
  return TREATMENTS.find(([pattern]) => pattern.test(command))?.[1];
}
