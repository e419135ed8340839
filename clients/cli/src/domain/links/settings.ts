import { looksLikeUserPoolSub, regionOfId } from '@stepcast/contracts';
import { type Chain, type Setting } from '../evidence.ts';
import { breach, couldNotCheck, fail, pass, worst, type Finding, type Fix, type Link } from '../link.ts';
import { isSecretName } from '@stepcast/operations';
import { type Setup } from '../setup.ts';
import { command } from '../shell.ts';

const skip = ({ settingsFiles }: Setup) =>
  settingsFiles.length === 0 ? 'no settings of an application are given (--env-file)' : undefined;

/** What a setting means, however it is called: VITE_COGNITO_IDENTITY_POOL_ID, cognito_identity_pool_id, cognitoIdentityPoolId. */
type Meaning =
  | 'identityPoolId'
  | 'userPoolId'
  | 'userPoolClientId'
  | 'region'
  | 'bucket'
  | 'iotEndpoint'
  | 'topicNamespace';

const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [/identitypoolid$/, 'identityPoolId'],
  [/userpoolclientid$|(cognito|app|webclient)clientid$/, 'userPoolClientId'],
  [/userpoolid$/, 'userPoolId'],
  [/(^|vite|aws|stepcast)region$/, 'region'],
  [/(upload|file|stepcast|s3)?bucket(name)?$/, 'bucket'],
  [/(iot|mqtt)(data)?endpoint$/, 'iotEndpoint'],
  [/topicnamespace$/, 'topicNamespace'],
];

export function meaningOf(name: string): Meaning | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return meanings.find(([pattern]) => pattern.test(plain))?.[1];
}

const placeholder = /x{4,}|^<.*>$|^your[-_]|^changeme$|^todo$|^\$\{.*\}$/i;

/** What is deployed, for each meaning: as the setup says (options, stack outputs), and as IoT answers. */
function deployed(setup: Setup, chain: Chain): Readonly<Partial<Record<Meaning, string>>> {
  const poolExists = chain.identityPool.state === 'known' && chain.identityPool.value.found;
  return {
    ...(setup.identityPoolId === undefined || !poolExists ? {} : { identityPoolId: setup.identityPoolId }),
    ...(setup.userPoolId === undefined ? {} : { userPoolId: setup.userPoolId }),
    ...(setup.userPoolClientId === undefined ? {} : { userPoolClientId: setup.userPoolClientId }),
    ...(setup.bucket === undefined ? {} : { bucket: setup.bucket }),
    ...(chain.iotEndpoint.state === 'known' ? { iotEndpoint: chain.iotEndpoint.value } : {}),
    region: setup.region,
    topicNamespace: setup.topics.namespace,
  };
}

function problemOf(
  setup: Setup,
  meaning: Meaning,
  value: string,
  wanted: string | undefined,
): string | undefined {
  const bare =
    meaning === 'iotEndpoint' ? value.replace(/^(wss?|https?):\/\//, '').replace(/\/.*$/s, '') : value;
  if (bare === wanted) return undefined;
  if (value === '') return 'is empty';
  if (placeholder.test(value)) return `is still the placeholder ${value}`;
  if (meaning === 'identityPoolId') {
    if (/^[\w-]+_[0-9A-Za-z]+$/.test(value))
      return `is ${value}, a user pool ID; an identity pool ID is region:guid`;
    if (looksLikeUserPoolSub(value)) return `is ${value}, which has no region in front (region:guid)`;
    if (wanted !== undefined)
      return `is ${value}, not the deployed pool; if it is from a log or an error, it is the ID of somebody’s identity`;
  }
  if (meaning === 'userPoolId' && value.includes(':'))
    return `is ${value}, an identity pool ID; a user pool ID is region_name`;
  if (meaning === 'iotEndpoint' && !value.includes('-ats.') && setup.sandboxUrl === undefined)
    return `is ${value}, not the -ats endpoint of the account`;
  if (wanted !== undefined) return `is ${value}, but ${wanted} is deployed`;
  const region = regionOfId(value);
  return region !== undefined && region !== setup.region
    ? `is ${value}, of another region than ${setup.region}`
    : undefined;
}

function repairOf(path: string, { name, line }: Setting, value: string | undefined): readonly string[] {
  if (value === undefined)
    return ['# give the deployed values (--stack or options), and the doctor prints the change'];
  return line === undefined
    ? [`# ${path}: set "${name}" to "${value}"`]
    : // Both GNU and BSD sed take this form.
      [command('sed', '-i.bak', `${line}s|^\\(.*${name}\\)=.*|\\1=${value}|`, path)];
}

export const settingsValues: Link = {
  id: 'frontend.values',
  local: true,
  title: 'The application’s settings are those of the deployment',
  why: 'Settings are built into the page (VITE_*): what is wrong in them is wrong in every browser until it is built again.',
  skip,
  check(setup, chain) {
    const wanted = deployed(setup, chain);
    return worst(
      chain.settingsFiles.map(({ path, entries }): Finding => {
        if (entries.state === 'unavailable') return couldNotCheck(`${path}: ${entries.reason}`);
        const seen = new Set<Meaning>();
        const evidence: string[] = [];
        const repair: string[] = [];
        const fixes: Fix[] = [];
        for (const setting of entries.value) {
          const meaning = meaningOf(setting.name);
          if (meaning === undefined || setting.withheld) continue;
          seen.add(meaning);
          const value = wanted[meaning];
          const problem = problemOf(setup, meaning, setting.value, value);
          if (problem === undefined) continue;
          evidence.push(`${path}: ${setting.name} ${problem}`);
          repair.push(...repairOf(path, setting, value));
          if (value !== undefined && setting.line !== undefined)
            fixes.push({ kind: 'setSetting', path, name: setting.name, value, line: setting.line });
        }
        // A user pool without an identity pool signs people in and leaves them without credentials.
        if (seen.has('userPoolId') && !seen.has('identityPoolId')) {
          const sample = entries.value.find(({ name }) => meaningOf(name) === 'userPoolId')?.name ?? '';
          const name = sample.replace(/user(_?)pool/i, (match) =>
            match === match.toUpperCase()
              ? match.replace('USER', 'IDENTITY')
              : match.replace(/user/i, (one) => (one.startsWith('U') ? 'Identity' : 'identity')),
          );
          evidence.push(
            `${path}: there is a user pool (${sample}) and no identity pool (${name}): people can sign in, but get no AWS credentials`,
          );
          const value = wanted.identityPoolId;
          repair.push(
            value === undefined
              ? '# give --identity-pool-id (or --stack), and the doctor prints the line to add'
              : path.endsWith('.json')
                ? `# ${path}: add "${name}": "${value}"`
                : `printf '%s\\n' ${command(`${name}=${value}`)} >> ${command(path)}`,
          );
        }
        if (evidence.length > 0) return fail({ evidence, repair, fixes });
        return seen.size === 0
          ? couldNotCheck(`${path}: no setting of a pool, region, bucket or endpoint is in it`)
          : pass(`${path}: ${[...seen].join(', ')}`);
      }),
    );
  },
};

export const settingsSecrets: Link = {
  id: 'frontend.secrets',
  local: true,
  title: 'No secret is built into the page',
  why: 'Everything named VITE_* stands in the JavaScript that every visitor loads.',
  skip,
  check(_setup, chain) {
    return worst(
      chain.settingsFiles.map(({ path, entries }): Finding => {
        if (entries.state === 'unavailable') return couldNotCheck(`${path}: ${entries.reason}`);
        const exposed = entries.value.filter(
          ({ name, withheld }) =>
            withheld && /^(VITE|NEXT_PUBLIC|REACT_APP|PUBLIC)_/.test(name) && isSecretName(name),
        );
        return exposed.length === 0
          ? pass(`${path}: nothing secret under a public name`)
          : breach({
              evidence: exposed.map(({ name }) => `${path}: ${name} is sent to every visitor (value hidden)`),
              repair: exposed.flatMap(({ name, line }) => [
                `# move what ${name} is used for into a service, and make a new one: this one is known`,
                ...(line === undefined ? [] : [command('sed', '-i.bak', `${line}d`, path)]),
              ]),
            });
      }),
    );
  },
};
