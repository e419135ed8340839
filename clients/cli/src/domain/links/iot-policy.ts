import { parseValue } from '@stepcast/contracts';
import { type RequestContext } from '@stepcast/policies';
import * as z from 'zod';
import { askIotPolicy, compile, explained } from '../decide.ts';
import { type Chain, type NamedDocument } from '../evidence.ts';
import { expectedPolicies, iotArn } from '../expected.ts';
import { breach, couldNotCheck, fail, missing, pass, warn, worst, type Finding, type Link } from '../link.ts';
import { foreignIdentity, sampleIdentity, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { poolRole } from './pool-roles.ts';
import { addStatements, askRole, iotQuestions } from './role-rights.ts';

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statements = z.object({
  Statement: z.union([
    z.array(z.looseObject({ Action: oneOrMany.optional(), Resource: oneOrMany.optional() })),
    z.looseObject({ Action: oneOrMany.optional(), Resource: oneOrMany.optional() }).transform((one) => [one]),
  ]),
});

function statementsOf(document: unknown) {
  const parsed = parseValue(Statements, document);
  return parsed.ok ? parsed.value.Statement : [];
}

/** A new default version with the document as it ships. IoT keeps five versions; the oldest has to go first. */
function replaceIotPolicy(setup: Setup): readonly string[] {
  const document = expectedPolicies(setup)?.iotPolicy.document;
  if (document === undefined)
    return ['# give --account-id, --identity-pool-id and --bucket, and the doctor prints the policy to put'];
  return [
    aws(
      setup,
      'iot',
      'create-policy-version',
      '--policy-name',
      setup.iotPolicyName,
      '--set-as-default',
      '--policy-document',
      JSON.stringify(document),
    ),
  ];
}

/** The IoT policy and the documents of the role: what is wrong in either refuses. */
function documents(
  setup: Setup,
  chain: Chain,
): { where: string; document: NamedDocument; repair: readonly string[] }[] {
  const role = poolRole(chain, 'authenticated');
  const { iotPolicy: policy } = chain;
  return [
    ...(policy.state === 'known' && policy.value.found
      ? [
          {
            where: `IoT policy ${setup.iotPolicyName}`,
            document: policy.value.value,
            repair: replaceIotPolicy(setup),
          },
        ]
      : []),
    ...(role.state === 'known'
      ? role.value.policies.map((document) => ({
          where: `policy ${document.name} of ${role.value.name}`,
          document,
          repair:
            document.arn === undefined
              ? addStatements(
                  setup,
                  role.value,
                  document.name,
                  expectedPolicies(setup)?.authenticated.document,
                )
              : ['# a managed policy: change it where it is made, or detach it (see role.admin)'],
        }))
      : []),
  ];
}

function needsIotPolicy(chain: Chain): Finding | undefined {
  if (chain.iotPolicy.state === 'unavailable') return missing(chain.iotPolicy);
  return chain.iotPolicy.value.found ? undefined : couldNotCheck('there is no IoT policy (see iot.policy)');
}

export const iotPolicy: Link = {
  id: 'iot.policy',
  title: 'The IoT policy exists',
  why: 'Authenticated identities need it besides the role; AttachPolicy of a policy that is not there fails.',
  check(setup, chain) {
    const { iotPolicyName: name } = setup;
    if (name.startsWith('arn:'))
      return fail({
        evidence: [`${name} is an ARN; AttachPolicy and the provisioner take the policy’s name`],
        repair: [`stepcast doctor --iot-policy ${name.slice(name.lastIndexOf('/') + 1)}`],
      });
    if (chain.iotPolicy.state === 'unavailable') return missing(chain.iotPolicy);
    if (chain.iotPolicy.value.found) return pass(name);
    const document = expectedPolicies(setup)?.iotPolicy.document;
    return fail({
      evidence: [`there is no IoT policy ${name} in ${setup.region}`],
      repair:
        document === undefined
          ? replaceIotPolicy(setup)
          : [
              aws(
                setup,
                'iot',
                'create-policy',
                '--policy-name',
                name,
                '--policy-document',
                JSON.stringify(document),
              ),
            ],
    });
  },
};

export const iotAttachment: Link = {
  id: 'iot.attachment',
  title: 'The IoT policy is attached to the identity',
  why: 'It is attached to each identity, not to the pool. Without it the broker closes the connection right after CONNECT.',
  check(setup, chain) {
    const { identityId, iotPolicyName: policyName, identityPoolId } = setup;
    if (identityId === undefined)
      return couldNotCheck(
        'no identity is given (--identity)',
        aws(setup, 'iot', 'list-targets-for-policy', '--policy-name', policyName),
      );
    if (identityId === identityPoolId)
      return fail({
        evidence: [
          `${identityId} is the identity pool; a policy attached to a pool gives its members nothing`,
        ],
        repair: [
          aws(
            setup,
            'cognito-identity',
            'list-identities',
            '--identity-pool-id',
            identityId,
            '--max-results',
            '60',
          ),
        ],
      });
    if (chain.attachedPolicies.state === 'unavailable') return missing(chain.attachedPolicies);
    const attached = chain.attachedPolicies.value;
    if (attached.includes(policyName)) return pass(`${policyName} is attached to ${identityId}`);
    return fail({
      evidence: [
        attached.length === 0
          ? `nothing is attached to ${identityId}: it was never provisioned, or was de-provisioned`
          : `attached to ${identityId}: ${attached.join(', ')}; not ${policyName}`,
      ],
      repair: [aws(setup, 'iot', 'attach-policy', '--policy-name', policyName, '--target', identityId)],
      fixes: [{ kind: 'attachIotPolicy', policyName, identityId }],
    });
  },
};

export const iotWildcards: Link = {
  id: 'iot.wildcards',
  title: 'Policies use * and not the wildcards of MQTT',
  why: '"+" and "#" are plain characters in a policy: topicfilter/a/# allows the one subscription "a/#" and nothing below.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    return worst([
      pass('no resource ends a level in "+" or "#"'),
      ...documents(setup, chain).flatMap(({ where, document, repair }) => {
        const wrong = statementsOf(document.document)
          .flatMap(({ Resource = [] }) => Resource)
          .filter((resource) => /:iot:[^:]*:[^:]*:topic(filter)?\/(.*\/)?[+#](\/|$)/.test(resource));
        return wrong.length === 0
          ? []
          : [
              fail({
                evidence: wrong.map(
                  (resource) =>
                    `${where}: ${resource} is taken literally; meant is ${resource.replaceAll(/(?<=\/)[+#](?=\/|$)/g, '*')}`,
                ),
                repair,
              }),
            ];
      }),
    ]);
  },
};

export const iotTopicfilter: Link = {
  id: 'iot.topicfilter',
  title: 'Subscribe names topicfilter, publish and receive name topic',
  why: 'A statement with the other kind of resource never matches, so the subscription is refused although the policy looks right.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    return worst([
      pass('every IoT action names its kind of resource'),
      ...documents(setup, chain).flatMap(({ where, document, repair }) => {
        const wrong = statementsOf(document.document).flatMap(({ Action = [], Resource = [] }) =>
          Action.flatMap((action) => {
            const wants =
              action === 'iot:Subscribe'
                ? 'topicfilter'
                : /^iot:(Publish|RetainPublish|Receive)$/.test(action)
                  ? 'topic'
                  : undefined;
            const iot = Resource.filter((one) => /:iot:[^:]*:[^:]*:topic(filter)?\//.test(one));
            if (wants === undefined || iot.length === 0) return [];
            return iot.some((one) => one.includes(`:${wants}/`))
              ? []
              : [`${where}: ${action} names ${iot.join(', ')}, but is decided on ${wants}/…`];
          }),
        );
        return wrong.length === 0 ? [] : [fail({ evidence: wrong, repair })];
      }),
    ]);
  },
};

function judgeConnect(setup: Setup, chain: Chain, clientId: string, context: RequestContext = {}) {
  const role = poolRole(chain, 'authenticated');
  const iot =
    chain.iotPolicy.state === 'known' && chain.iotPolicy.value.found ? [chain.iotPolicy.value.value] : [];
  const compiled = compile(iot, 'iot');
  const question = {
    action: 'iot:Connect',
    resource: iotArn(setup, `client/${clientId}`),
    context: { 'iot:ClientId': clientId, ...context },
  };
  const who = {
    identityId: sampleIdentity(setup),
    authenticated: true,
    roleArn: role.state === 'known' ? role.value.arn : iotArn(setup, 'role/unknown'),
  };
  return {
    unreadable: compiled.unreadable,
    role: role.state === 'known' ? askRole(setup, role.value, [question]).answers[0]?.answer : undefined,
    // The IoT policy by itself, as if the role allowed everything.
    iot: askIotPolicy(setup, who, compiled.policies, question),
  };
}

export const iotClientId: Link = {
  id: 'iot.clientId',
  title: 'An identity connects under client IDs of its own, and no others',
  why: 'A second connection with the same client ID ends the first: who may use another’s client ID can cut him off. ${iot:ClientId} allows every ID, because whatever a client calls itself equals its client ID.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    const tautology = documents(setup, chain).filter(({ document }) =>
      statementsOf(document.document).some(
        ({ Action = [], Resource = [] }) =>
          Action.some((one) => one === 'iot:Connect' || one === 'iot:*') &&
          Resource.some((one) => one.includes('client/${iot:ClientId}')),
      ),
    );
    const foreign = judgeConnect(setup, chain, `${foreignIdentity(setup)}-doctor`);
    const own = judgeConnect(setup, chain, `${sampleIdentity(setup)}-doctor`);
    if (own.unreadable.length > 0) return couldNotCheck(own.unreadable.join('; '));
    // Both layers must let a foreign ID through before anybody can use one.
    if (foreign.iot.allowed && foreign.role?.allowed !== false)
      return breach({
        evidence: [
          'a client ID of another identity may connect',
          ...tautology.map(
            ({ where }) => `${where} allows client/\${iot:ClientId}, which is every client ID`,
          ),
        ],
        repair: replaceIotPolicy(setup),
      });
    if (!own.iot.allowed)
      return fail({
        evidence: [
          `${setup.iotPolicyName} does not let an identity connect as {identityId}-{something}`,
          ...explained('iot:Connect', own.iot),
        ],
        repair: replaceIotPolicy(setup),
      });
    return tautology.length > 0
      ? warn({
          evidence: tautology.map(
            ({ where }) =>
              `${where} allows client/\${iot:ClientId}, which is every client ID; the other layer still refuses`,
          ),
          repair: tautology.flatMap(({ repair }) => repair),
        })
      : pass('client IDs that begin with the own identity ID, and no others');
  },
};

export const iotPersistentSession: Link = {
  id: 'iot.persistentSession',
  title: 'Sessions that last are allowed where clients ask for them',
  why: 'A client that connects with cleanSession=false or a session expiry is refused at CONNECT unless role and IoT policy both carry a condition on iot:ConnectAttributes.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    const clientId = `${sampleIdentity(setup)}-doctor`;
    const plain = judgeConnect(setup, chain, clientId);
    if (!plain.iot.allowed) return couldNotCheck('the identity may not connect at all (see iot.clientId)');
    const lasting = judgeConnect(setup, chain, clientId, { 'iot:ConnectAttributes': ['PersistentConnect'] });
    const layers = { role: lasting.role?.allowed, 'IoT policy': lasting.iot.allowed };
    const refusing = Object.entries(layers).flatMap(([name, allowed]) => (allowed === false ? [name] : []));
    const condition = JSON.stringify({
      'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] },
    });
    if (setup.persistentSessions && refusing.length > 0)
      return fail({
        evidence: [
          `the ${refusing.join(' and the ')} refuse${refusing.length === 1 ? 's' : ''} a session that lasts`,
          ...explained(
            'iot:Connect',
            lasting.iot.allowed && lasting.role !== undefined ? lasting.role : lasting.iot,
          ),
        ],
        repair: [
          `# add to the iot:Connect statement of both documents: "Condition": ${condition}`,
          '# or let the client start clean (clean: true), as Stepcast’s own does',
        ],
      });
    if (!setup.persistentSessions && layers.role !== undefined && refusing.length === 1)
      return warn({
        evidence: [
          `only the ${refusing[0] ?? ''} refuses a session that lasts; the other layer allows it to no effect`,
        ],
        repair: [`# let both documents say the same: "Condition": ${condition}`],
      });
    return pass(refusing.length === 0 ? 'allowed by both layers' : 'not allowed, and not asked for');
  },
};

export const iotAuthorization: Link = {
  id: 'iot.authorization',
  title: 'AWS IoT itself lets the identity in',
  why: 'IoT caches policies: what was attached a moment ago can be refused for some minutes. Its own answer tells "not yet" from "never".',
  check(setup, chain) {
    if (setup.identityId === undefined) return couldNotCheck('no identity is given (--identity)');
    if (chain.iotVerdicts.state === 'unavailable') return missing(chain.iotVerdicts);
    const verdicts = chain.iotVerdicts.value;
    const refused = verdicts.filter(({ decision }) => decision !== 'ALLOWED');
    if (refused.length === 0) return pass(`${verdicts.length} actions, all ALLOWED`);
    const attached =
      chain.attachedPolicies.state === 'known' && chain.attachedPolicies.value.includes(setup.iotPolicyName);
    const policy =
      chain.iotPolicy.state === 'known' && chain.iotPolicy.value.found
        ? chain.iotPolicy.value.value
        : undefined;
    const evidence = refused.map(({ action, resource, decision }) => `${decision}: ${action} on ${resource}`);
    const compiled = compile(policy === undefined ? [] : [policy], 'iot');
    const who = { identityId: setup.identityId, authenticated: true, roleArn: iotArn(setup, 'role/unknown') };
    const offline = iotQuestions(setup, setup.identityId).every(
      (question) => askIotPolicy(setup, who, compiled.policies, question).allowed,
    );
    return attached && offline
      ? warn({
          evidence: [
            ...evidence,
            'the policy is attached and allows it: it is on its way, or the role refuses',
          ],
          repair: ['# wait some minutes; then see role.iot', 'stepcast doctor --only iot,role'],
        })
      : fail({ evidence, repair: ['# see iot.attachment, iot.policy and role.iot'] });
  },
};
