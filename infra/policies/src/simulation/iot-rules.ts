import { clientIdPolicyPattern, topicSpace } from '@stepcast/contracts';
import type { PolicyDocument, PolicyStatement } from '../document.ts';
import { IDENTITY_VARIABLE } from '../documents/arns.ts';

/** Whom a document is for: one person of the pool, the service that speaks to everybody, or an operator. */
export type Holder = 'person' | 'service' | 'operator';

/** What is wrong with a statement: the rule, and where. */
export interface Violation {
  readonly rule: string;
  readonly where: string;
}

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly holder: Holder;
  readonly namespace: string;
}

interface Rule {
  readonly name: string;
  /** Whether a right breaks the rule. */
  readonly broken: (asked: Asked) => boolean;
}

const rest = (resource: string): string => resource.split(':').slice(5).join(':');
const after = (resource: string, prefix: string): string | undefined => {
  const part = rest(resource);
  return part.startsWith(prefix) ? part.slice(prefix.length) : undefined;
};
/** The data plane: what MQTT clients ask for. */
const mqtt = ['Connect', 'Publish', 'RetainPublish', 'Subscribe', 'Receive'].map((name) => `iot:${name}`);
const topicOf = ({ resource }: Asked): string =>
  after(resource, 'topicfilter/') ?? after(resource, 'topic/') ?? '';

/** Rules for every right on AWS IoT that a document gives. */
const RULES: readonly Rule[] = [
  {
    name: 'no action is a pattern',
    broken: ({ action }) => action.includes('*') || action.includes('?'),
  },
  {
    name: 'nothing of MQTT is allowed on every resource',
    broken: ({ action, resource }) => mqtt.includes(action) && !resource.startsWith('arn:'),
  },
  {
    name: 'nobody connects under any client ID',
    broken: ({ action, resource }) =>
      action === 'iot:Connect' && /^[*?]|^$/.test(after(resource, 'client/') ?? ''),
  },
  {
    name: 'a person connects under client IDs that begin with the identity, never under ${iot:ClientId}',
    broken: ({ action, resource, holder }) =>
      action === 'iot:Connect' &&
      holder === 'person' &&
      after(resource, 'client/') !== clientIdPolicyPattern(IDENTITY_VARIABLE),
  },
  {
    name: 'a service connects under a prefix of its own that no identity has',
    broken: ({ action, resource, holder }) =>
      action === 'iot:Connect' &&
      holder !== 'person' &&
      !/^stepcast-\w+-\*$/.test(after(resource, 'client/') ?? ''),
  },
  {
    name: 'topics are below the namespace',
    broken: (asked) =>
      mqtt.includes(asked.action) &&
      asked.action !== 'iot:Connect' &&
      !topicOf(asked)
        .replace(/^\$share\/\*\//, '')
        .startsWith(`${asked.namespace}/`),
  },
  {
    name: 'topics of a person are below the identity',
    broken: (asked) =>
      asked.holder === 'person' &&
      mqtt.includes(asked.action) &&
      asked.action !== 'iot:Connect' &&
      !topicOf(asked).startsWith(`${asked.namespace}/${IDENTITY_VARIABLE}/`),
  },
  {
    name: 'a person publishes requests only',
    broken: (asked) =>
      asked.holder === 'person' &&
      asked.action === 'iot:Publish' &&
      topicOf(asked) !== topicSpace(asked.namespace).requestPolicyPattern(IDENTITY_VARIABLE),
  },
  {
    name: 'a person leaves no retained message',
    broken: ({ action, holder }) =>
      holder === 'person' &&
      ['iot:RetainPublish', 'iot:GetRetainedMessage', 'iot:ListRetainedMessages'].includes(action),
  },
  {
    name: 'a person has no action of the control plane, of jobs or of shadows',
    broken: ({ action, holder }) => holder === 'person' && !mqtt.includes(action),
  },
  {
    name: 'nobody reaches topics that AWS reserves',
    broken: (asked) => topicOf(asked).startsWith('$') && !topicOf(asked).startsWith('$share/'),
  },
  {
    name: 'nobody makes, changes or deletes policies, things or certificates',
    broken: ({ action }) =>
      /^iot:(Create|Update|SetDefault|DeletePolicy|DeleteThing|DeleteCertificate|Register)/.test(action),
  },
];

/** Names of the rules, for the test that each can be broken. */
export const IOT_RULES: readonly string[] = [
  ...RULES.map(({ name }) => name),
  'nothing is said by exclusion',
  'a retained message is allowed only where publishing is',
];

/** What of a document breaks the rules about AWS IoT. Statements that speak of other services are not checked. */
export function iotViolations(
  { Statement }: PolicyDocument,
  { holder, namespace }: { readonly holder: Holder; readonly namespace: string },
): readonly Violation[] {
  const allowing = Statement.filter(({ Effect }) => Effect === 'Allow');
  const found: Violation[] = allowing
    .filter(
      ({ NotAction, NotResource, Resource }) =>
        NotAction !== undefined || (NotResource !== undefined && Resource === undefined),
    )
    .map((statement) => ({ rule: 'nothing is said by exclusion', where: nameOf(statement) }));
  const asked = allowing.flatMap((statement) =>
    [statement.Action ?? []]
      .flat()
      .filter((action) => action.toLowerCase().startsWith('iot:') || action === '*')
      .flatMap((action) =>
        [statement.Resource ?? []].flat().map((resource) => ({ action, resource, holder, namespace })),
      ),
  );
  for (const one of asked)
    for (const { name, broken } of RULES)
      if (broken(one)) found.push({ rule: name, where: `${one.action} on ${one.resource}` });
  const published = asked.filter(({ action }) => action === 'iot:Publish').map(({ resource }) => resource);
  for (const { action, resource } of asked)
    if (action === 'iot:RetainPublish' && !published.includes(resource))
      found.push({ rule: 'a retained message is allowed only where publishing is', where: resource });
  return found;
}

function nameOf({ Sid }: PolicyStatement): string {
  return Sid ?? 'a statement without a name';
}
