import { findRegionAndGuid, looksLikeUserPoolSub } from '@stepcast/contracts';
import { type Evaluation, type NearMiss } from '../evaluate/evaluate.ts';
import { type Failure } from '../evaluate/statement.ts';

/** A known mistake that a refusal shows. Codes are stable; the doctor prints its own advice for each. */
export interface Hint {
  readonly code:
    | 'topicInsteadOfTopicfilter'
    | 'topicfilterInsteadOfTopic'
    | 'mqttWildcardIsLiteral'
    | 'variableWithoutValue'
    | 'variableInOldVersion'
    | 'userPoolSubInsteadOfIdentityId'
    | 'connectAttributesNotAllowed'
    | 'channelWithoutCreationTime'
    | 'nothingAttached';
  readonly message: string;
}

const SUB = '${cognito-identity.amazonaws.com:sub}';

/** What is probably wrong, from the refusal alone. */
export function hintsOf(evaluation: Evaluation, attachedPolicies?: number): readonly Hint[] {
  if (evaluation.outcome !== 'implicitDeny') return [];
  const hints = [
    ...evaluation.nearMisses.flatMap((near) =>
      near.failed.flatMap((failure) => hintsOfFailure(near, failure)),
    ),
    ...hintsOfRequest(evaluation),
  ];
  if (attachedPolicies === 0)
    hints.push({
      code: 'nothingAttached',
      message:
        evaluation.missing === 'iot'
          ? 'no IoT policy is attached to this identity: it was not provisioned, or was de-provisioned'
          : 'the role has no policies at all',
    });
  return hints.filter((hint, index) => hints.findIndex(({ code }) => code === hint.code) === index);
}

function hintsOfRequest({ resource }: Evaluation): Hint[] {
  const level = resource.split(/[/:]/).some(looksLikeUserPoolSub);
  const identity = findRegionAndGuid(resource) !== undefined;
  return level && !identity
    ? [
        {
          code: 'userPoolSubInsteadOfIdentityId',
          message: `the resource has a GUID without a region, which is a user-pool "sub"; ${SUB} is the identity ID, "region:guid"`,
        },
      ]
    : [];
}

function hintsOfFailure(near: NearMiss, failure: Failure): Hint[] {
  if (failure.element === 'condition') {
    return failure.key === 'iot:ConnectAttributes'
      ? [
          {
            code: 'connectAttributesNotAllowed',
            message: `the connection asks for ${(failure.asked ?? []).join(' and ')}, which the statement must allow by a condition on iot:ConnectAttributes`,
          },
        ]
      : withoutValue(failure.missingVariables);
  }
  if (failure.element !== 'resource') return [];
  const hints = withoutValue(failure.missingVariables);
  const { wanted, asked } = failure;
  if (near.variablesArePlainText && wanted.some((one) => one.includes('${')))
    hints.push({
      code: 'variableInOldVersion',
      message: `"\${…}" is plain text in this document: its Version is not 2012-10-17`,
    });
  if (asked.includes(':topicfilter/') && wanted.some((one) => one.includes(':topic/')))
    hints.push({
      code: 'topicInsteadOfTopicfilter',
      message: 'iot:Subscribe is decided on topicfilter/…, but the statement names topic/…',
    });
  if (asked.includes(':topic/') && wanted.some((one) => one.includes(':topicfilter/')))
    hints.push({
      code: 'topicfilterInsteadOfTopic',
      message: 'iot:Publish and iot:Receive are decided on topic/…, but the statement names topicfilter/…',
    });
  if (wanted.some((one) => hasMqttWildcard(one)))
    hints.push({
      code: 'mqttWildcardIsLiteral',
      message: '"+" and "#" are plain characters in a policy; write "*" to allow every topic below',
    });
  if (asked.startsWith('arn:') && wanted.some((one) => /:kinesisvideo:[^:]*:[^:]*:channel\/[^/]*$/.test(one)))
    hints.push({
      code: 'channelWithoutCreationTime',
      message: 'the ARN of a signaling channel ends in "/" and its creation time; end the pattern with "/*"',
    });
  return hints;
}

function withoutValue(missing: readonly string[]): Hint[] {
  return missing.length === 0
    ? []
    : [
        {
          code: 'variableWithoutValue',
          message: `the request has no value for ${missing.map((key) => `\${${key}}`).join(', ')}, so what stands there matches nothing`,
        },
      ];
}

/** Whether a resource has `+` or `#` as a level of its topic, as filters of MQTT have. */
export function hasMqttWildcard(resource: string): boolean {
  const at = resource.search(/:topic(?:filter)?\//);
  const [, ...levels] = at < 0 ? [] : resource.slice(at).split('/');
  return levels.some((level) => level === '+' || level === '#');
}
