import { timingSafeEqual } from 'node:crypto';
import { describeIssues, parseJson, partitionOf, topicSpace } from '@stepcast/contracts';
import {
  buildPolicies,
  compilePolicy,
  createAuthorizationModel,
  GUEST_SCOPE_DOWN,
  OPERATOR_ROLE_NAME,
  operatorPolicy,
  PolicyRequestError,
  type BuiltPolicies,
  type CompiledPolicy,
  type ServiceName,
} from '@stepcast/policies';
import * as z from 'zod';
import {
  createCredentialStore,
  type Authorizer,
  type CredentialStore,
  type IssuedCredential,
  type Principal,
} from '../core/index.ts';
import type { SandboxConfig } from '../config.ts';
import { FEED, SIGNALING, type Place } from './place.ts';

export const SERVICES: readonly ServiceName[] = [
  'forwarder',
  'correlator',
  'publisher',
  'provisioner',
  'engine',
];

/** Who may do what in the sandbox: the documents of `@stepcast/policies`, evaluated, never written again. */
export interface Access {
  readonly policies: BuiltPolicies;
  readonly credentials: CredentialStore;
  readonly authorizer: Authorizer;
  /** The sandbox itself, for what it does in the place of AWS: relays, functions of the workflow. */
  readonly root: IssuedCredential;
  /** Somebody who operates Stepcast, with the rights of `stepcast permission-set --for operate` and no others. */
  readonly operator: IssuedCredential;
  /** One key for each of Stepcast's services, under its own role. */
  readonly services: Readonly<Record<ServiceName, IssuedCredential>>;
  /** The services' user names and passwords at the broker's TCP listener. */
  readonly mqttPassword: string;
  serviceByPassword(username: string, password: string): Principal | undefined;
  /** Tells the authorizer where the attached IoT policies are; they exist only once the control plane does. */
  useIotPolicies(source: IotPolicySource): void;
}

export interface IotPolicySource {
  attachedPolicies(identityId: string): readonly string[];
  policyDocument(policyName: string): string | undefined;
}

const Document = z.record(z.string(), z.unknown());

/** @param token what back offices give as the password at the broker's TCP listener */
export function createAccess(config: SandboxConfig, place: Place, now: () => number, token: string): Access {
  const policies = buildPolicies({
    region: place.region,
    accountId: place.accountId,
    bucket: place.bucket,
    keyTemplate: config.keyTemplate,
    topicNamespace: config.topicNamespace,
    identityPoolId: place.identityPoolId,
    guestUploads: config.guests,
    kvs: {
      channelPattern: SIGNALING.channelPattern,
      authenticated: 'none',
      speakerRoleName: SIGNALING.roles.speakers,
      listenerRoleName: SIGNALING.roles.listeners,
    },
    services: {
      stateMachineNames: [place.stateMachineName],
      startMode: config.mode,
      // To try the second way of provisioning, make the queue; the right is there.
      firstLogins: true,
      showWorkflows: true,
      ...(config.feed ? { feedEventBus: FEED.eventBus } : {}),
    },
  });
  const built = [
    policies.authenticated,
    policies.guest,
    policies.speaker,
    policies.listener,
    ...SERVICES.map((service) => policies.services[service]),
  ].filter((role) => role !== undefined);
  const roles = new Map(
    built.map((role) => [role.roleName, [compilePolicy(role.document, { name: role.policyName })]]),
  );
  if (config.feed)
    roles.set(FEED.roleName, [compilePolicy(readsFeed(config, place), { name: FEED.roleName })]);
  // `POST /awslogs` takes records of machines that this sandbox never had: looking their executions up must end in "there
  // is no such execution", as in an account where the machine exists, and not in a refusal.
  for (const service of ['correlator', 'engine'] as const)
    roles
      .get(policies.services[service].roleName)
      ?.push(compilePolicy(foreignExecutions(place), { name: 'sandbox-foreign-executions' }));
  const operatorDocument = operatorPolicy({
    partition: 'aws',
    region: place.region,
    accountId: place.accountId,
    identityPoolId: place.identityPoolId,
    bucket: place.bucket,
    stateMachineNames: [place.stateMachineName],
    topicNamespace: config.topicNamespace,
  });
  roles.set(OPERATOR_ROLE_NAME, [compilePolicy(operatorDocument, { name: OPERATOR_ROLE_NAME })]);
  const bucketPolicy = compilePolicy(policies.bucketPolicy, { name: 'bucket policy', kind: 'resource' });
  const guestScopeDown = [compilePolicy(GUEST_SCOPE_DOWN, { name: 'guest scope-down', kind: 'session' })];
  const compiledIot = new Map<string, CompiledPolicy>();
  let iot: IotPolicySource | undefined;

  function iotPolicies(identityId: string): readonly CompiledPolicy[] {
    return (iot?.attachedPolicies(identityId) ?? []).flatMap((name) => {
      const text = iot?.policyDocument(name);
      return text === undefined ? [] : [compileIot(name, text)];
    });
  }

  function compileIot(name: string, text: string): CompiledPolicy {
    const known = compiledIot.get(text);
    if (known !== undefined) return known;
    const document = parseJson(Document, text);
    if (!document.ok) throw new TypeError(`IoT policy ${name}: ${describeIssues(document.issues)}`);
    const compiled = compilePolicy(document.value, { name, kind: 'iot' });
    compiledIot.set(text, compiled);
    return compiled;
  }

  const model = createAuthorizationModel(
    {
      rolePolicies: (roleName) => roles.get(roleName) ?? [],
      iotPolicies,
      bucketPolicy: (bucket) => (bucket === place.bucket ? bucketPolicy : undefined),
      sessionPolicies: (principal) =>
        principal.kind === 'identity' && !principal.authenticated ? guestScopeDown : undefined,
    },
    { region: place.region, partition: partitionOf(place.region) },
  );

  const credentials = createCredentialStore({ now });
  const issue = (principal: Principal) => credentials.issue({ principal, lifetimeMs: undefined });
  const serviceKey = (service: ServiceName): IssuedCredential => {
    const principal: Principal = {
      kind: 'service',
      accountId: place.accountId,
      roleName: policies.services[service].roleName,
    };
    const secret = config.serviceSecret;
    // Services that run somewhere else have to know their keys beforehand.
    return secret === undefined
      ? issue(principal)
      : credentials.add({
          accessKeyId: externalAccessKeyId(service),
          secretAccessKey: secret,
          sessionToken: undefined,
          expiresAtMs: undefined,
          principal,
        });
  };
  const root = issue({ kind: 'root', accountId: place.accountId });
  const mqttPassword = config.serviceSecret ?? root.secretAccessKey;

  return {
    policies,
    credentials,
    authorizer: {
      authorize: (request) => {
        try {
          const { allowed, reason } = model.decide(request);
          return { allowed, reason };
        } catch (thrown) {
          // A question that the documents cannot be asked, such as a number that is none: never an allow.
          if (thrown instanceof PolicyRequestError) return { allowed: false, reason: thrown.message };
          throw thrown;
        }
      },
    },
    root,
    operator: issue({ kind: 'service', accountId: place.accountId, roleName: OPERATOR_ROLE_NAME }),
    services: {
      forwarder: serviceKey('forwarder'),
      correlator: serviceKey('correlator'),
      publisher: serviceKey('publisher'),
      provisioner: serviceKey('provisioner'),
      engine: serviceKey('engine'),
    },
    mqttPassword,
    serviceByPassword(username, password) {
      if (username === FEED.username)
        return config.feed && sameText(password, token)
          ? { kind: 'service', accountId: place.accountId, roleName: FEED.roleName }
          : undefined;
      const service = SERVICES.find((name) => name === username);
      if (service === undefined || !sameText(password, mqttPassword)) return undefined;
      return { kind: 'service', accountId: place.accountId, roleName: policies.services[service].roleName };
    },
    useIotPolicies(source) {
      iot = source;
    },
  };
}

/** Access key ID of a service that runs outside of the sandbox's process, for example `AKIASTEPCASTCORRELATOR`. */
export function externalAccessKeyId(service: ServiceName): string {
  return `AKIASTEPCAST${service.toUpperCase()}`;
}

/** What a back office may do: read the feed. */
function readsFeed(config: SandboxConfig, place: Place) {
  const iot = `arn:${partitionOf(place.region)}:iot:${place.region}:${place.accountId}`;
  const feed = topicSpace(config.topicNamespace).integrationPolicyPattern;
  const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource }) as const;
  return {
    Version: '2012-10-17',
    Statement: [
      allow('iot:Connect', `${iot}:client/${FEED.username}-*`),
      allow('iot:Subscribe', `${iot}:topicfilter/${feed}`),
      allow('iot:Receive', `${iot}:topic/${feed}`),
    ],
  } as const;
}

function foreignExecutions(place: Place) {
  const states = `arn:${partitionOf(place.region)}:states:${place.region}:*`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ForeignExecutions',
        Effect: 'Allow',
        Action: [
          'states:DescribeExecution',
          'states:GetExecutionHistory',
          'states:DescribeStateMachineForExecution',
          'states:DescribeMapRun',
        ],
        Resource: [`${states}:execution:*`, `${states}:express:*`, `${states}:mapRun:*`],
      },
    ],
  } as const;
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
