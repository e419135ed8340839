import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { known, type Chain, type Role } from '../domain/evidence.ts';
import { roleNameOf } from '../domain/setup.ts';
import { found, healthyMachine, healthyPool, healthyProfile, queue, roleArn } from './fixtures.ts';

/**
 * Carries a printed AWS CLI command out on a snapshot, so that a test can prove that the command mends the link that
 * printed it. Only for tests; a command that is not known here throws.
 */
export function applyRepair(chain: Chain, line: string): Chain {
  const words = splitWords(line);
  const [program, service, operation] = words;
  if (program !== 'aws' || service === undefined || operation === undefined)
    throw new TypeError(`not a call of the AWS CLI: ${line}`);
  const action = actions[`${service} ${operation}`];
  if (action === undefined) throw new TypeError(`the test does not know how to run: ${line}`);
  return action(chain, (name) => optionOf(words, name), words);
}

/** Words as a POSIX shell makes them of what `quote` wrote. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s'\\]|\\'|'[^']*')+/g))
    words.push(
      match[0].replaceAll(/'([^']*)'|\\'/g, (part, inner: string | undefined) =>
        part === "\\'" ? "'" : (inner ?? ''),
      ),
    );
  return words;
}

function optionOf(words: readonly string[], name: string): string {
  const at = words.indexOf(`--${name}`);
  const value = at < 0 ? undefined : words[at + 1];
  if (value === undefined) throw new TypeError(`--${name} is missing in: ${words.join(' ')}`);
  return value;
}

function json<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new TypeError(`not JSON: ${text}`);
  return parsed.value;
}

function changeRole(chain: Chain, name: string, change: (role: Role) => Role): Chain {
  const arn = [...chain.roles.keys()].find((one) => roleNameOf(one) === name) ?? roleArn(name);
  const present = chain.roles.get(arn);
  if (present?.state !== 'known' || !present.value.found) throw new TypeError(`there is no role ${name}`);
  return { ...chain, roles: new Map([...chain.roles, [arn, found(change(present.value.value))]]) };
}

type Action = (chain: Chain, option: (name: string) => string, words: readonly string[]) => Chain;

const Logging = z.object({
  level: z.string(),
  includeExecutionData: z.boolean(),
  destinations: z.array(z.object({ cloudWatchLogsLogGroup: z.object({ logGroupArn: z.string() }) })),
});
const Cors = z.object({
  CORSRules: z.array(
    z.object({
      ID: z.string().optional(),
      AllowedOrigins: z.array(z.string()),
      AllowedMethods: z.array(z.string()),
      AllowedHeaders: z.array(z.string()).default([]),
      ExposeHeaders: z.array(z.string()).default([]),
      MaxAgeSeconds: z.number().optional(),
    }),
  ),
});

const actions: Readonly<Record<string, Action>> = {
  'iam put-role-policy': (chain, option) =>
    changeRole(chain, option('role-name'), (role) => ({
      ...role,
      policies: [
        ...role.policies.filter(({ name }) => name !== option('policy-name')),
        { name: option('policy-name'), document: json(z.unknown(), option('policy-document')) },
      ],
    })),
  'iam delete-role-policy': (chain, option) =>
    changeRole(chain, option('role-name'), (role) => ({
      ...role,
      policies: role.policies.filter(({ name }) => name !== option('policy-name')),
    })),
  'iam detach-role-policy': (chain, option) =>
    changeRole(chain, option('role-name'), (role) => ({
      ...role,
      policies: role.policies.filter(({ arn }) => arn !== option('policy-arn')),
    })),
  'iam update-assume-role-policy': (chain, option) =>
    changeRole(chain, option('role-name'), (role) => ({
      ...role,
      trust: json(z.unknown(), option('policy-document')),
    })),
  'cognito-identity set-identity-pool-roles': (chain, option, words) => {
    // As AWS does it: what the call leaves out is gone.
    const roles = new Map(
      option('roles')
        .split(',')
        .map((pair) => {
          const [kind = '', arn = ''] = pair.split('=', 2);
          return [kind, arn] as const;
        }),
    );
    return {
      ...chain,
      poolRoles: known({
        authenticated: roles.get('authenticated'),
        unauthenticated: roles.get('unauthenticated'),
        mapped: [],
        mappings: words.includes('--role-mappings') ? json(z.unknown(), option('role-mappings')) : undefined,
      }),
    };
  },
  'cognito-identity update-identity-pool': (chain, _option, words) => ({
    ...chain,
    identityPool: found({
      ...healthyPool,
      allowsGuests: words.includes('--allow-unauthenticated-identities'),
      providers: words
        .filter((word) => word.startsWith('ProviderName='))
        .map((word) => {
          const [, providerName = '', clientId = ''] =
            /^ProviderName=([^,]*),ClientId=([^,]*)/.exec(word) ?? [];
          return { providerName, clientId };
        }),
    }),
  }),
  'iot create-policy': (chain, option) => ({
    ...chain,
    iotPolicy: found({ name: option('policy-name'), document: json(z.unknown(), option('policy-document')) }),
  }),
  'iot create-policy-version': (chain, option, words) => {
    if (!words.includes('--set-as-default')) throw new TypeError('the new version would not be in force');
    return {
      ...chain,
      iotPolicy: found({
        name: option('policy-name'),
        document: json(z.unknown(), option('policy-document')),
      }),
    };
  },
  'iot attach-policy': (chain, option) => ({ ...chain, attachedPolicies: known([option('policy-name')]) }),
  's3api put-bucket-policy': (chain, option) => ({
    ...chain,
    bucketPolicy: found(json(z.unknown(), option('policy'))),
  }),
  's3api put-bucket-cors': (chain, option) => ({
    ...chain,
    bucketCors: known(
      json(Cors, option('cors-configuration')).CORSRules.map((rule) => ({
        id: rule.ID,
        allowedOrigins: rule.AllowedOrigins,
        allowedMethods: rule.AllowedMethods,
        allowedHeaders: rule.AllowedHeaders,
        exposeHeaders: rule.ExposeHeaders,
        maxAgeSeconds: rule.MaxAgeSeconds,
      })),
    ),
  }),
  's3api put-bucket-notification-configuration': (chain) => ({
    ...chain,
    bucketEvents: known({ eventBridge: true, queueArns: [] }),
  }),
  'stepfunctions update-state-machine': (chain, option) => {
    const logging = json(Logging, option('logging-configuration'));
    return {
      ...chain,
      stateMachine: found({
        ...healthyMachine,
        logLevel: logging.level,
        includesExecutionData: logging.includeExecutionData,
        logGroupArns: logging.destinations.map((one) => one.cloudWatchLogsLogGroup.logGroupArn),
      }),
    };
  },
  'logs create-log-group': (chain, option) => ({
    ...chain,
    logGroup: found({ name: option('log-group-name'), logClass: 'STANDARD' }),
  }),
  'logs put-resource-policy': (chain, option) => ({
    ...chain,
    logResourcePolicies: known([
      { name: option('policy-name'), document: json(z.unknown(), option('policy-document')) },
    ]),
  }),
  'lambda add-permission': (chain) => chain,
  'logs delete-subscription-filter': (chain, option) => ({
    ...chain,
    subscriptionFilters:
      chain.subscriptionFilters.state === 'known'
        ? known(chain.subscriptionFilters.value.filter(({ name }) => name !== option('filter-name')))
        : chain.subscriptionFilters,
  }),
  'logs put-subscription-filter': (chain, option) => ({
    ...chain,
    subscriptionFilters: known([
      {
        name: option('filter-name'),
        pattern: option('filter-pattern'),
        destinationArn: option('destination-arn'),
      },
    ]),
  }),
  'sqs create-queue': (chain, option, words) => ({
    ...chain,
    queues: new Map([
      ...chain.queues,
      queue(option('queue-name'), { fifo: words.includes('FifoQueue=true') }),
    ]),
  }),
  'sqs set-queue-attributes': (chain, option) => {
    const name = option('queue-url').slice(option('queue-url').lastIndexOf('/') + 1);
    const attributes = option('attributes');
    if (attributes === 'RedrivePolicy=')
      return { ...chain, queues: new Map([...chain.queues, queue(name, { redrive: undefined })]) };
    const parsed = json(
      z.object({ Policy: z.string().optional(), RedrivePolicy: z.string().optional() }),
      attributes,
    );
    const redrive =
      parsed.RedrivePolicy === undefined
        ? undefined
        : json(
            z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }),
            parsed.RedrivePolicy,
          );
    return {
      ...chain,
      queues: new Map([
        ...chain.queues,
        queue(name, {
          ...(parsed.Policy === undefined ? {} : { policy: json(z.unknown(), parsed.Policy) }),
          redrive:
            redrive === undefined
              ? undefined
              : { targetArn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount },
        }),
      ]),
    };
  },
  // Its ARNs are for an administrator to fill in; nothing comes of it by itself.
  'sso-admin create-account-assignment': (chain) => chain,
  'configure set': (chain, _option, words) => {
    const [, , , key = '', value] = words;
    const present = chain.sso.profile;
    if (present.state !== 'known' || !present.value.found) throw new TypeError('there is no profile');
    const fields: Readonly<Record<string, object>> = {
      sso_role_name: { roleName: value },
      sso_account_id: { accountId: value },
      region: { region: value },
    };
    return {
      ...chain,
      sso: { ...chain.sso, profile: found({ ...healthyProfile, ...present.value.value, ...fields[key] }) },
    };
  },
};
