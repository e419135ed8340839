import { hasMqttWildcard } from '@stepcast/policies';
import { expectedPolicies } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, worst, type Link } from '../link.ts';
import { aws } from '../shell.ts';
import { documents, needsIotPolicy, replaceIotPolicy, statementsOf } from './iot-documents.ts';

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
          .filter((resource) => resource.includes(':iot:') && hasMqttWildcard(resource));
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
