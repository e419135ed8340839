import { describeIssues, parseJson, parseValue, regionAndGuid } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, forgetful, regionalArn, type Keeper, type RestService } from '../core/index.ts';
import { createAttachments } from './attachments.ts';
import { pageOf } from './paging.ts';
import { testAuthorizationRoute } from './test-authorization.ts';
import { createThrottle, type IotOperation } from './throttle.ts';

export interface IotControlPlaneOptions {
  readonly region: string;
  readonly accountId: string;
  /** What DescribeEndpoint answers, for example `127.0.0.1:4200`. */
  readonly dataEndpoint: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Whether an identity may do something now, by the documents in force; answers TestAuthorization. Without it that
   * operation is not implemented.
   */
  readonly mayIdentity?: (identityId: string, action: string, resource: string, clientId: string) => boolean;
  /** How long an attachment or detachment takes to have effect. Default 0; in AWS it can be minutes. */
  readonly propagationMs?: number;
  /** Calls per second that are let through; `IOT_CALLS_PER_SECOND` is AWS's. Default: no limit. */
  readonly callsPerSecond?: Readonly<Partial<Record<IotOperation, number>>>;
  /** Where attachments are stored across restarts. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
}

export interface IotControlPlane {
  readonly service: RestService;
  /** Names of the policies in force for an identity, sorted. */
  attachedPolicies(identityId: string): readonly string[];
  /** JSON text of the default version. */
  policyDocument(policyName: string): string | undefined;
}

/** Quota "Maximum policies per target". */
const MAX_POLICIES_PER_TARGET = 10;
/** Quota "Maximum policy document size", whitespace not counted. */
const MAX_DOCUMENT_CHARACTERS = 2_048;

const PolicyName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w+=,.@-]+$/, 'not a policy name');
/** A Cognito identity ID. Certificates and thing groups are targets in AWS too; the sandbox has none. */
const Target = z.string().regex(regionAndGuid, 'Invalid principal: not a Cognito identity ID (region:guid)');
const PageSize = z.coerce.number().int().optional();
const PolicyInput = z.object({ policyName: PolicyName });
const CreateInput = z.object({ policyName: PolicyName, policyDocument: z.string() });
const TargetInput = z.object({ policyName: PolicyName, target: Target });
const ListPoliciesInput = z.object({ target: Target, marker: z.string().optional(), pageSize: PageSize });
const ListTargetsInput = z.object({
  policyName: PolicyName,
  marker: z.string().optional(),
  pageSize: PageSize,
});
const EndpointInput = z.object({ endpointType: z.string().optional() });
const PolicyDocument = z.object({
  Version: z.enum(['2012-10-17', '2008-10-17']),
  Statement: z.union([z.array(z.looseObject({})).min(1), z.looseObject({})]),
});

const ENDPOINT_TYPES = new Set(['iot:Data', 'iot:Data-ATS', 'iot:Data-Beta']);

interface Policy {
  readonly document: string;
  readonly createdAtMs: number;
}

function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = parseValue(schema, input ?? {});
  if (!result.ok) throw new AwsError('InvalidRequestException', 400, describeIssues(result.issues));
  return result.value;
}

function checkDocument(text: string): void {
  const malformed = (why: string) =>
    new AwsError('MalformedPolicyException', 400, `Policy document is malformed: ${why}`);
  if (text.replace(/\s/g, '').length > MAX_DOCUMENT_CHARACTERS)
    throw malformed(`more than ${MAX_DOCUMENT_CHARACTERS} characters without whitespace`);
  const parsed = parseJson(PolicyDocument, text);
  if (!parsed.ok) throw malformed(describeIssues(parsed.issues));
}

/**
 * The part of the IoT control plane that provisioning needs: one version per policy, Cognito identities as targets.
 * AttachPolicy and DetachPolicy are authorised on the *target*, as in AWS: a right on the policy's ARN does not help.
 */
export function createIotControlPlane(options: IotControlPlaneOptions): IotControlPlane {
  const { region, accountId, now } = options;
  const policies = new Map<string, Policy>();
  const attachments = createAttachments({
    now,
    propagationMs: options.propagationMs ?? 0,
    keeper: options.keeper ?? forgetful,
  });
  const throttle = createThrottle({ now, perSecond: options.callsPerSecond ?? {} });
  const arnOf = (policyName: string) => regionalArn({ region, accountId }, 'iot', `policy/${policyName}`);

  function requirePolicy(policyName: string): Policy {
    const policy = policies.get(policyName);
    if (policy === undefined)
      throw new AwsError('ResourceNotFoundException', 404, `Policy not found. Policy name: ${policyName}`);
    return policy;
  }

  const routes: RestService['routes'][number][] = [
    {
      method: 'POST',
      path: '/policies/{policyName}',
      async operation(input, call) {
        const { policyName, policyDocument } = parseInput(CreateInput, input);
        call.authorize('iot:CreatePolicy', arnOf(policyName));
        throttle('CreatePolicy');
        if (policies.has(policyName))
          throw new AwsError(
            'ResourceAlreadyExistsException',
            409,
            `Policy cannot be created - name already exists (name=${policyName})`,
          );
        checkDocument(policyDocument);
        policies.set(policyName, { document: policyDocument, createdAtMs: now() });
        return Promise.resolve({
          policyName,
          policyArn: arnOf(policyName),
          policyDocument,
          policyVersionId: '1',
        });
      },
    },
    {
      method: 'GET',
      path: '/policies/{policyName}',
      async operation(input, call) {
        const { policyName } = parseInput(PolicyInput, input);
        call.authorize('iot:GetPolicy', arnOf(policyName));
        throttle('GetPolicy');
        const { document, createdAtMs } = requirePolicy(policyName);
        return Promise.resolve({
          policyName,
          policyArn: arnOf(policyName),
          policyDocument: document,
          defaultVersionId: '1',
          creationDate: createdAtMs / 1_000,
          lastModifiedDate: createdAtMs / 1_000,
        });
      },
    },
    {
      method: 'PUT',
      path: '/target-policies/{policyName}',
      async operation(input, call) {
        const { policyName, target } = parseInput(TargetInput, input);
        call.authorize('iot:AttachPolicy', target);
        throttle('AttachPolicy');
        requirePolicy(policyName);
        const listed = attachments.listedPolicies(target);
        if (!listed.includes(policyName) && listed.length >= MAX_POLICIES_PER_TARGET)
          throw new AwsError(
            'LimitExceededException',
            410,
            `A target can have at most ${MAX_POLICIES_PER_TARGET} policies`,
          );
        attachments.attach(policyName, target);
        return Promise.resolve({});
      },
    },
    {
      method: 'POST',
      path: '/target-policies/{policyName}',
      async operation(input, call) {
        const { policyName, target } = parseInput(TargetInput, input);
        call.authorize('iot:DetachPolicy', target);
        throttle('DetachPolicy');
        requirePolicy(policyName);
        attachments.detach(policyName, target);
        return Promise.resolve({});
      },
    },
    {
      method: 'POST',
      path: '/attached-policies/{target}',
      async operation(input, call) {
        const { target, ...page } = parseInput(ListPoliciesInput, input);
        call.authorize('iot:ListAttachedPolicies', target);
        throttle('ListAttachedPolicies');
        const { items, nextMarker } = pageOf(attachments.listedPolicies(target), page);
        return Promise.resolve({
          policies: items.map((policyName) => ({ policyName, policyArn: arnOf(policyName) })),
          ...(nextMarker === undefined ? {} : { nextMarker }),
        });
      },
    },
    {
      method: 'POST',
      path: '/policy-targets/{policyName}',
      async operation(input, call) {
        const { policyName, ...page } = parseInput(ListTargetsInput, input);
        call.authorize('iot:ListTargetsForPolicy', arnOf(policyName));
        throttle('ListTargetsForPolicy');
        requirePolicy(policyName);
        const { items, nextMarker } = pageOf(attachments.listedTargets(policyName), page);
        return Promise.resolve({ targets: items, ...(nextMarker === undefined ? {} : { nextMarker }) });
      },
    },
    {
      method: 'GET',
      path: '/endpoint',
      async operation(input, call) {
        const { endpointType = 'iot:Data' } = parseInput(EndpointInput, input);
        call.authorize('iot:DescribeEndpoint', '*');
        throttle('DescribeEndpoint');
        if (!ENDPOINT_TYPES.has(endpointType))
          throw new AwsError('InvalidRequestException', 400, `Invalid endpoint type: ${endpointType}`);
        return Promise.resolve({ endpointAddress: options.dataEndpoint });
      },
    },
  ];

  const { mayIdentity } = options;
  if (mayIdentity !== undefined) routes.push(testAuthorizationRoute(mayIdentity));

  return {
    service: { name: 'iot', signingName: 'iot', routes },
    attachedPolicies: (identityId) => attachments.policiesInForce(identityId),
    policyDocument: (policyName) => policies.get(policyName)?.document,
  };
}
