import { IdentityId, parseJson, topicSpace } from '@stepcast/contracts';
import { deploymentNames, InputPaths, isStage } from '@stepcast/wire';
import {
  known,
  unavailable,
  type Chain,
  type Evidence,
  type RecentInputs,
  type Stack,
} from '../domain/evidence.ts';
import { judgeInput } from '../domain/inputs/judge-inputs.ts';
import { meaningOf } from '../domain/links/settings.ts';
import { iotQuestions } from '../domain/links/role-rights.ts';
import { shownWorkflowsRole } from '../domain/links/shown-workflows.ts';
import { watchedLogGroup } from '../domain/links/workflow.ts';
import { foreignIdentity, type Setup } from '../domain/setup.ts';
import type { Sources } from '../ports/sources.port.ts';

const notGiven = (what: string) => Promise.resolve(unavailable(`${what} is not given`));

/** Asks only where there is something to ask about. */
function given<T, R>(
  value: T | undefined,
  what: string,
  ask: (value: T) => Promise<Evidence<R>>,
): Promise<Evidence<R>> {
  return value === undefined ? notGiven(what) : ask(value);
}

/** What the outputs of the stack and the caller's account say, where the command line does not. */
export async function completeSetup(
  setup: Setup,
  sources: Sources,
): Promise<{ readonly setup: Setup; readonly first: Pick<Chain, 'caller' | 'stack'> }> {
  const [caller, stack] = await Promise.all([
    sources.caller.caller(),
    given(setup.stackName, 'the stack (--stack)', (name) => sources.stacks.stack(name)),
  ]);
  const said = outputsOf(stack);
  const outputs = Object.entries(said);
  const output = (meaning: string) => outputs.find(([name]) => meaningOf(name) === meaning)?.[1];
  const ending = (pattern: RegExp) => outputs.find(([name]) => pattern.test(name))?.[1];
  return {
    first: { caller, stack },
    setup: withStage(
      {
        ...setup,
        accountId: setup.accountId ?? (caller.state === 'known' ? caller.value.accountId : undefined),
        identityPoolId: setup.identityPoolId ?? output('identityPoolId'),
        userPoolId: setup.userPoolId ?? output('userPoolId'),
        userPoolClientId: setup.userPoolClientId ?? output('userPoolClientId'),
        bucket: setup.bucket ?? output('bucket'),
        size: setup.size ?? sizeOf(said),
        stateMachineArn: setup.stateMachineArn ?? ending(/StateMachineArn$/i),
        logGroupName: setup.logGroupName ?? ending(/LogGroupName$/i),
        showsWorkflows: setup.showsWorkflows || ending(/^ShowsWorkflows$/) === 'true',
        isObserved: setup.isObserved || ending(/^StartMode$/) === 'observed',
        inputPaths: setup.inputPaths?.length === 0 ? inputPathsOf(ending(/^InputPaths$/)) : setup.inputPaths,
      },
      stageOf(said),
      output('topicNamespace'),
    ),
  };
}

/** The stage that the stack names: what was not given otherwise has the names of that stage. */
function withStage(setup: Setup, stage: string | undefined, topicNamespace: string | undefined): Setup {
  const given = deploymentNames({ stage: setup.stage, region: setup.region });
  const topics =
    topicNamespace !== undefined && setup.topics.namespace === given.topicNamespace
      ? topicSpace(topicNamespace)
      : setup.topics;
  if (stage === undefined || setup.stage !== undefined) return { ...setup, topics };
  const names = deploymentNames({ stage, region: setup.region });
  const staged = (value: string, was: string, is: string) => (value === was ? is : value);
  return {
    ...setup,
    stage,
    topics,
    queueNames: names.queues,
    iotPolicyName: staged(setup.iotPolicyName, given.iotPolicy, names.iotPolicy),
    authenticatedRoleName: staged(
      setup.authenticatedRoleName,
      given.roles.authenticated,
      names.roles.authenticated,
    ),
    guestRoleName: staged(setup.guestRoleName, given.roles.guest, names.roles.guest),
    forwarderFunctionName: staged(
      setup.forwarderFunctionName,
      given.named('forwarder'),
      names.named('forwarder'),
    ),
  };
}

function outputsOf(stack: Chain['stack']): Stack['outputs'] {
  return stack.state === 'known' && stack.value.found ? stack.value.value.outputs : {};
}

function stageOf({ Stage: said }: Stack['outputs']): string | undefined {
  return said !== undefined && isStage(said) ? said : undefined;
}

function inputPathsOf(output: string | undefined): Setup['inputPaths'] {
  if (output === undefined) return [];
  const parsed = parseJson(InputPaths, output);
  return parsed.ok ? parsed.value : undefined;
}

/** Enough to see a path that works; DescribeExecution has a small quota, on which the correlator lives too. */
const INPUTS_ASKED = 10;

/** What inputs say stays here: only how they name their upload goes on. */
async function recentInputsOf(setup: Setup, sources: Sources): Promise<Evidence<RecentInputs>> {
  const { stateMachineArn, inputPaths, isObserved } = setup;
  if (stateMachineArn === undefined || !isObserved) return notGiven('an observed state machine');
  const inputs = await sources.stateMachines.newestInputs(stateMachineArn, INPUTS_ASKED);
  if (inputs.state === 'unavailable') return inputs;
  const given = inputs.value.filter((input) => input !== undefined);
  return known({
    judged: given.map((input) => judgeInput(input, inputPaths ?? [], setup)),
    withoutInput: inputs.value.length - given.length,
  });
}

/** A stack of somebody's own may have an output of this name for something else. */
function sizeOf({ Size: said }: Stack['outputs']): Setup['size'] {
  return said === 'small' || said === 'large' ? said : undefined;
}

/** Asks everything that the links check; nothing here throws, and nothing is changed. */
export async function gatherEvidence(
  setup: Setup,
  sources: Sources,
  first: Pick<Chain, 'caller' | 'stack'>,
): Promise<Chain> {
  const { identityPoolId, userPoolId, bucket, identityId } = setup;
  const pool = '--identity-pool-id';
  const head = setup.keyTemplate.policyPrefix('').slice(0, -1);
  const questions = iotQuestions(setup, identityId ?? foreignIdentity(setup));

  const [identityPool, poolIdIsIdentity, poolRoles, stateMachine] = await Promise.all([
    given(identityPoolId, pool, (id) => sources.identityPools.pool(id)),
    given(identityPoolId, pool, (id) => sources.identityPools.isIdentity(id)),
    given(identityPoolId, pool, (id) => sources.identityPools.roles(id)),
    given(setup.stateMachineArn, '--state-machine', (arn) => sources.stateMachines.stateMachine(arn)),
  ]);
  const machine =
    stateMachine.state === 'known' && stateMachine.value.found ? stateMachine.value.value : undefined;
  const logGroup = watchedLogGroup(setup, machine);
  const roleArns = new Set(
    [
      ...(poolRoles.state === 'known'
        ? [
            poolRoles.value.authenticated,
            poolRoles.value.unauthenticated,
            ...poolRoles.value.mapped.map(({ roleArn }) => roleArn),
          ]
        : []),
      machine?.roleArn,
      setup.showsWorkflows && setup.accountId !== undefined && setup.sandboxUrl === undefined
        ? shownWorkflowsRole(setup)
        : undefined,
    ].flatMap((arn) => (arn === undefined || arn === '' ? [] : [arn])),
  );
  const prefixes = identityPrefixes(setup);

  const [
    identityPools,
    roles,
    userPool,
    userPoolClient,
    iotPolicy,
    attachedPolicies,
    iotVerdicts,
    iotEndpoint,
    bucketPolicy,
    bucketCors,
    bucketEvents,
    prefixLevels,
    prefixProbe,
    group,
    logResourcePolicies,
    subscriptionFilters,
    queues,
    sso,
    settingsFiles,
    templates,
    recentInputs,
  ] = await Promise.all([
    sources.identityPools.pools(),
    Promise.all([...roleArns].map(async (arn) => [arn, await sources.roles.role(arn)] as const)),
    given(userPoolId, '--user-pool-id', (id) => sources.userPools.userPool(id)),
    given(userPoolId, '--user-pool-id', (id) =>
      given(setup.userPoolClientId, '--user-pool-client-id', (client) =>
        sources.userPools.client(id, client),
      ),
    ),
    sources.iot.policy(setup.iotPolicyName),
    given(identityId, '--identity', (id) => sources.iot.attachedPolicies(id)),
    given(identityId, '--identity', (id) =>
      given(identityPoolId, pool, (poolId) =>
        sources.iot.verdicts({ identityId: id, identityPoolId: poolId, clientId: `${id}-doctor` }, questions),
      ),
    ),
    sources.iot.dataEndpoint(),
    given(bucket, '--bucket', (name) => sources.buckets.policy(name)),
    given(bucket, '--bucket', (name) => sources.buckets.cors(name)),
    given(bucket, '--bucket', (name) => sources.buckets.events(name)),
    given(bucket, '--bucket', (name) => sources.buckets.levelsBelow(name, head)),
    given(prefixes, '--identity', ({ own, foreign }) => sources.probes.probe(own, foreign)),
    given(logGroup, '--log-group', (name) => sources.logs.logGroup(name)),
    sources.logs.resourcePolicies(),
    given(logGroup, '--log-group', (name) => sources.logs.subscriptionFilters(name)),
    Promise.all(
      Object.values(setup.queueNames).map(async (name) => [name, await sources.queues.queue(name)] as const),
    ),
    sources.sso.evidence(setup.profile ?? 'default'),
    Promise.all(setup.settingsFiles.map((path) => sources.files.settings(path))),
    Promise.all(setup.templateFiles.map((path) => sources.files.template(path))),
    recentInputsOf(setup, sources),
  ]);
  return {
    ...first,
    identityPool,
    poolIdIsIdentity,
    identityPools,
    poolRoles,
    roles: new Map(roles),
    userPool,
    userPoolClient,
    iotPolicy,
    attachedPolicies,
    iotVerdicts,
    iotEndpoint,
    bucketPolicy,
    bucketCors,
    bucketEvents,
    prefixLevels,
    prefixProbe,
    stateMachine,
    recentInputs,
    logGroup: group,
    logResourcePolicies,
    subscriptionFilters,
    queues: new Map(queues),
    sso,
    settingsFiles,
    templates,
  };
}

function identityPrefixes(setup: Setup): { readonly own: string; readonly foreign: string } | undefined {
  const own = IdentityId.safeParse(setup.identityId).data;
  const foreign = IdentityId.safeParse(foreignIdentity(setup)).data;
  if (own === undefined || foreign === undefined || setup.bucket === undefined) return undefined;
  const prefix = (id: IdentityId) => setup.keyTemplate.prefixOf(id);
  return { own: prefix(own), foreign: prefix(foreign) };
}
