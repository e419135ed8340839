import { parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { type CorsRule } from '../evidence.ts';
import { couldNotCheck, fail, missing, pass, warn, worst, type Link } from '../link.ts';
import { accountOf } from '../expected.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';

const METHODS = ['PUT', 'POST', 'GET', 'HEAD'] as const;
/** Without ETag a browser cannot complete a multipart upload; the others name the version that was made. */
const EXPOSED = ['ETag', 'x-amz-version-id', 'x-amz-request-id'] as const;

const noBucket = ({ bucket }: Setup) => (bucket === undefined ? 'no bucket is given (--bucket)' : undefined);

export function corsJson(rules: readonly CorsRule[]): string {
  return JSON.stringify({
    CORSRules: rules.map((rule) => ({
      ...(rule.id === undefined ? {} : { ID: rule.id }),
      AllowedOrigins: rule.allowedOrigins,
      AllowedMethods: rule.allowedMethods,
      ...(rule.allowedHeaders.length === 0 ? {} : { AllowedHeaders: rule.allowedHeaders }),
      ...(rule.exposeHeaders.length === 0 ? {} : { ExposeHeaders: rule.exposeHeaders }),
      ...(rule.maxAgeSeconds === undefined ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
    })),
  });
}

/** One `*` stands for any text in an origin. */
function originMatches(pattern: string, origin: string): boolean {
  const [head = '', tail] = pattern.split('*', 2);
  return tail === undefined
    ? pattern === origin
    : origin.startsWith(head) && origin.endsWith(tail) && origin.length >= head.length + tail.length;
}

export const cors: Link = {
  id: 's3.cors',
  title: 'The bucket answers the web application’s origin (CORS)',
  why: 'Without the rule the browser does not even send the upload; without ETag exposed, large files fail at the very end.',
  skip: noBucket,
  check(setup, chain) {
    const { bucket = '', appOrigin } = setup;
    if (chain.bucketCors.state === 'unavailable') return missing(chain.bucketCors);
    const rules = chain.bucketCors.value;
    const origin = appOrigin ?? 'https://example.com';
    // S3 takes the first rule that fits origin and method, so each method is looked up by itself.
    const ruleFor = (method: string) =>
      rules.find(
        (rule) =>
          rule.allowedMethods.includes(method) &&
          rule.allowedOrigins.some((pattern) => originMatches(pattern, origin)),
      );
    const unanswered = METHODS.filter((method) => ruleFor(method) === undefined);
    const put = ruleFor('PUT');
    const hidden =
      put === undefined
        ? []
        : EXPOSED.filter(
            (name) => !put.exposeHeaders.some((one) => one.toLowerCase() === name.toLowerCase()),
          );
    const headers = put === undefined || put.allowedHeaders.includes('*');
    if (appOrigin === undefined && rules.length > 0 && unanswered.length > 0)
      return couldNotCheck('no origin of the web application is given (--origin)');
    if (unanswered.length === 0 && !hidden.includes('ETag') && headers)
      return hidden.length === 0
        ? pass(
            `${METHODS.join(', ')} from ${appOrigin ?? 'every origin'}, with ${EXPOSED.join(', ')} exposed`,
          )
        : pass(
            `${METHODS.join(', ')} from ${appOrigin ?? 'every origin'}; not exposed: ${hidden.join(', ')}`,
          );
    const rule: CorsRule = {
      id: 'stepcast',
      allowedOrigins: [origin],
      allowedMethods: METHODS,
      allowedHeaders: ['*'],
      exposeHeaders: EXPOSED,
      maxAgeSeconds: 3_600,
    };
    // In front, because the first rule that fits decides; what was there stays.
    const after = [rule, ...rules.filter(({ id }) => id !== 'stepcast')];
    return fail({
      evidence: [
        ...(rules.length === 0 ? [`${bucket} has no CORS rule`] : []),
        ...(rules.length > 0 && unanswered.length > 0
          ? [`no rule allows ${unanswered.join(', ')} from ${origin}`]
          : []),
        ...(put !== undefined && hidden.length > 0 ? [`not exposed to the page: ${hidden.join(', ')}`] : []),
        ...(headers ? [] : ['the SDK’s headers are not allowed: AllowedHeaders is not "*"']),
      ],
      repair: [
        aws(setup, 's3api', 'put-bucket-cors', '--bucket', bucket, '--cors-configuration', corsJson(after)),
      ],
      ...(appOrigin === undefined ? {} : { fixes: [{ kind: 'putCors', bucket, rules: after }] }),
    });
  },
};

export const bucketEvents: Link = {
  id: 's3.events',
  title: 'Uploads are reported to the uploads queue',
  why: 'Stepcast learns of an upload only by this event; without it nothing starts, or its owner is known only later.',
  skip: (setup) =>
    noBucket(setup) ??
    (setup.sandboxUrl === undefined ? undefined : 'the sandbox reports uploads inside its own process'),
  check(setup, chain) {
    const { bucket = '' } = setup;
    if (chain.bucketEvents.state === 'unavailable') return missing(chain.bucketEvents);
    const { eventBridge, queueArns } = chain.bucketEvents.value;
    const direct = queueArns.some((arn) => arn.endsWith(`:${setup.queueNames.uploads}`));
    if (eventBridge || direct)
      return pass(direct ? `directly to ${setup.queueNames.uploads}` : 'through EventBridge');
    return fail({
      evidence: [`${bucket} sends no events to EventBridge, and none to ${setup.queueNames.uploads}`],
      repair: [
        '# this replaces the notifications of the bucket; write down what is there first:',
        aws(setup, 's3api', 'get-bucket-notification-configuration', '--bucket', bucket),
        aws(
          setup,
          's3api',
          'put-bucket-notification-configuration',
          '--bucket',
          bucket,
          '--notification-configuration',
          '{"EventBridgeConfiguration":{}}',
        ),
      ],
    });
  },
};

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string().optional(), Properties: z.unknown().optional() }),
  ),
});

interface Misnamed {
  readonly path: string;
  readonly what: string;
  readonly instead: string;
}

/** `Ref` of a bucket is its name. What stands where an ARN belongs is found by walking every `Resource` of a template. */
function misnamedIn(document: unknown): readonly Misnamed[] {
  const parsed = parseValue(Template, document);
  if (!parsed.ok) return [];
  const { Resources } = parsed.value;
  const buckets = new Set(
    Object.entries(Resources).flatMap(([id, { Type }]) => (Type === 'AWS::S3::Bucket' ? [id] : [])),
  );
  const found: Misnamed[] = [];
  const visit = (value: unknown, path: string, inResource: boolean): void => {
    if (Array.isArray(value)) {
      value.forEach((one, index) => visit(one, `${path}.${index}`, inResource));
      return;
    }
    if (typeof value === 'string') return;
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const here = `${path}.${key}`;
      if (inResource && key === 'Ref' && typeof inner === 'string' && buckets.has(inner))
        found.push({ path, what: `!Ref ${inner}`, instead: `!GetAtt ${inner}.Arn` });
      const text: unknown = key === 'Fn::Sub' && Array.isArray(inner) ? inner[0] : inner;
      if (inResource && key === 'Fn::Sub' && typeof text === 'string') {
        const named = /^\$\{([A-Za-z0-9]+)\}/.exec(text)?.[1];
        if (named !== undefined && buckets.has(named))
          found.push({
            path,
            what: `!Sub "${text}"`,
            instead: `!Sub "${text.replace(`\${${named}}`, `\${${named}.Arn}`)}"`,
          });
      }
      visit(inner, here, inResource || key === 'Resource' || key === 'NotResource');
    }
  };
  for (const [id, { Properties }] of Object.entries(Resources))
    visit(Properties, `Resources.${id}.Properties`, false);
  return found;
}

export const names: Link = {
  id: 'names.arns',
  local: true,
  title: 'ARNs stand where ARNs belong, and names where names belong',
  why: 'A bucket’s Ref is its name, so "name/users/*" is refused as MalformedPolicy; the IoT policy, the queues and the bucket are used by name, the state machine and the log destination by ARN.',
  check(setup, chain) {
    const { bucket, stateMachineArn, iotPolicyName, logGroupName } = setup;
    const account = accountOf(setup);
    const wrong = [
      ...(bucket?.startsWith('arn:') === true
        ? [
            `the bucket is given as an ARN (${bucket}); its name is ${bucket.slice(bucket.lastIndexOf(':') + 1)}`,
          ]
        : []),
      ...(iotPolicyName.startsWith('arn:') ? [`the IoT policy is given as an ARN (${iotPolicyName})`] : []),
      ...(logGroupName?.startsWith('arn:') === true
        ? [`the log group is given as an ARN (${logGroupName}); its name is wanted`]
        : []),
      ...(stateMachineArn !== undefined && !stateMachineArn.startsWith('arn:')
        ? [
            `the state machine is given by name; its ARN is arn:${setup.partition}:states:${setup.region}:${account}:stateMachine:${stateMachineArn}`,
          ]
        : []),
      ...Object.values(setup.queueNames)
        .filter((name) => name.startsWith('arn:') || name.includes('/'))
        .map((name) => `the queue ${name} is given as an ARN or address; its name is wanted`),
    ];
    return worst([
      wrong.length === 0
        ? pass('every name is a name, every ARN an ARN')
        : fail({ evidence: wrong, repair: ['# correct the option or variable and run the doctor again'] }),
      ...chain.templates.map(({ path, document }) => {
        if (document.state === 'unavailable') return couldNotCheck(`${path}: ${document.reason}`);
        const misnamed = misnamedIn(document.value);
        return misnamed.length === 0
          ? pass(`${path}: no bucket name in place of an ARN`)
          : fail({
              evidence: misnamed.map(
                (one) => `${path} at ${one.path}: ${one.what} is the bucket’s name, not an ARN`,
              ),
              repair: misnamed.map((one) => `# ${path}: write ${one.instead} in place of ${one.what}`),
            });
      }),
    ]);
  },
};

export const guestUploads: Link = {
  id: 's3.guests',
  title: 'Guests cannot be mistaken for people',
  why: 'No resource policy sees the identity of a guest, so for guests the role is the only fence.',
  skip: noBucket,
  check(_setup, chain) {
    if (chain.identityPool.state === 'unavailable') return missing(chain.identityPool);
    if (!chain.identityPool.value.found) return couldNotCheck('there is no such identity pool (see pool.id)');
    const { allowsGuests, allowsClassicFlow } = chain.identityPool.value.value;
    if (allowsGuests && allowsClassicFlow)
      return warn({
        evidence: [
          'the pool lets guests in and allows the classic flow: guests choose any role that trusts the pool for guests, without the scope-down',
        ],
        repair: ['# leave the classic flow off unless guests need signaling channels (kvs.guest)'],
      });
    return pass(allowsGuests ? 'guests are let in, scoped down by Cognito' : 'the pool lets no guests in');
  },
};
