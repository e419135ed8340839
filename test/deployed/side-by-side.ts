import { setTimeout as pause } from 'node:timers/promises';
import { ListAttachedPoliciesCommand } from '@aws-sdk/client-iot';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { s3Of, signUp, uploadAndFollow, type SignedIn } from './person.ts';
import { ACCOUNT_ID, clientsOf, ROOT } from './place.ts';
import { must, mustEqual, type Run } from './run.ts';
import { bootstrap, deleteStack, describe, type Deployed } from './stack.ts';
import { mustBeWhole } from './steps.ts';
import { destroy, mustHaveStayed } from './take-down.ts';
import { createWorkflow, workflowNamed } from './workflow.ts';
import {
  create,
  prepare,
  settingsOf,
  startServices,
  type Emulator,
  type Running,
  type Size,
} from './world.ts';

/** A stage that runs, with somebody who has signed in. */
interface Stage {
  readonly stackName: string;
  readonly deployed: Deployed;
  readonly running: Running;
  readonly person: SignedIn;
}

/** The same address in both: their pools are apart. */
const PERSON = 'ada@example.com';

/**
 * Two stages of the template in one account and region: both carry uploads at the same time, then one is destroyed while the other carries
 * one more.
 */
export async function livesSideBySide(run: Run, emulator: Emulator): Promise<void> {
  const open: { stop(): Promise<void> }[] = [];
  const deploys = async (stage: string, size: Size) => {
    const made = await begins(run, emulator, { stage, size });
    open.push({
      async stop() {
        await made.person.client.close();
        await made.running.stop();
      },
    });
    return made;
  };
  try {
    const prod = await deploys('prod', 'small');
    const dev = await deploys('dev', 'large');
    await run.check('the two stages have no resource in common', 1_000, () => {
      mustHaveNothingInCommon(prod.deployed, dev.deployed);
      return Promise.resolve();
    });
    await run.check('both carry uploads at the same time', 200_000, async () => {
      const both = await Promise.all([uploads(prod, 'one.txt'), uploads(dev, 'one.txt')]);
      run.say(both.map((one) => `complete after ${one} ms`).join(', '));
    });
    await run.check('each person has the policy of the own stage, and no other', 30_000, async () => {
      for (const { person, deployed } of [prod, dev])
        mustEqual('policies', await policiesOf(emulator, person), [deployed.outputs['IotPolicyName'] ?? '']);
    });
    await isDestroyedBeside(run, emulator, { dev, prod, stopDev: () => open.splice(1)[0]?.stop() });
    await isBesideAnotherRegion(run, emulator, prod);
  } finally {
    for (const one of open.toReversed()) await one.stop();
  }
}

async function begins(
  run: Run,
  emulator: Emulator,
  { stage, size }: { readonly stage: string; readonly size: Size },
): Promise<Stage> {
  const stackName = `stepcast-${stage}`;
  const workflow = workflowNamed(`Photos${stage}`);
  await run.check(`${stage} has a workflow of its own`, 30_000, () =>
    createWorkflow(emulator.clients, workflow),
  );
  const settings = { ...settingsOf(size), stage, stateMachineArn: workflow.arn };
  const { template } = await prepare(run, emulator, settings);
  const deployed = await create(run, emulator, template, stackName);
  const running = await startServices(run, emulator, deployed, {
    keysOf: () => Promise.resolve(ROOT),
    stateMachineArn: workflow.arn,
    logGroupName: workflow.logGroupName,
  });
  try {
    const person = await run.check(`somebody signs in to ${stage}`, 180_000, () =>
      signUp(emulator.clients, running.page, PERSON),
    );
    running.broker.know(person.keys);
    return { stackName, deployed, running, person };
  } catch (thrown) {
    await running.stop();
    throw thrown;
  }
}

/** Known within a resource that is the stack's own. */
const WITHIN_ANOTHER: ReadonlySet<string> = new Set(['AWS::ApiGatewayV2::Stage']);

/** @throws Error naming every physical ID that two stacks share */
function mustHaveNothingInCommon(one: Deployed, other: Deployed, least = 50): void {
  const named = ({ resources }: Deployed) =>
    resources.flatMap(({ type, id }) => (WITHIN_ANOTHER.has(type) ? [] : [`${type} ${id}`]));
  const theirs = new Set(named(other));
  const shared = named(one).filter((name) => theirs.has(name));
  must(shared.length === 0, `in both: ${shared.join(', ')}`);
  must(named(one).length >= least, `only ${named(one).length} resources`);
}

async function policiesOf({ clients }: Emulator, { identityId }: SignedIn): Promise<readonly string[]> {
  const { policies = [] } = await clients.iot.send(new ListAttachedPoliciesCommand({ target: identityId }));
  return policies.map(({ policyName = '' }) => policyName);
}

/** Follows an upload to its end. @returns milliseconds to `complete` */
async function uploads({ running, person }: Stage, name: string): Promise<number> {
  const { page } = running;
  const s3 = s3Of(page, person.keys);
  try {
    const watched = await uploadAndFollow({
      client: person.client,
      s3,
      bucket: page.bucket,
      key: `users/${person.identityId}/${name}`,
      timeoutMs: 180_000,
      namesVersions: false,
    });
    mustBeWhole(watched);
    return watched.tookMs;
  } catch (thrown) {
    throw new Error(`${page.bucket}: ${String(thrown)}\n${running.lastWords()}`, { cause: thrown });
  } finally {
    s3.destroy();
  }
}

async function isDestroyedBeside(
  run: Run,
  emulator: Emulator,
  {
    dev,
    prod,
    stopDev,
  }: { readonly dev: Stage; readonly prod: Stage; readonly stopDev: () => Promise<void> | undefined },
): Promise<void> {
  const { clients, place } = emulator;
  const before = await describe(clients.stacks, prod.stackName);
  // AWS stops the tasks of a stack that is deleted.
  await stopDev();
  const carried: number[] = [];
  const over = new AbortController();
  /** One upload after the other, as long as the other stage is being destroyed, and one more. */
  const carriesOn = async () => {
    for (let number = 1; ; number += 1) {
      const isLast = over.signal.aborted;
      carried.push(await uploads(prod, `while ${number}.txt`));
      if (isLast) return;
      await pause(50);
    }
  };
  await run.check('dev is destroyed while prod carries uploads', 400_000, async () => {
    const carrying = carriesOn();
    try {
      const { detached, settings } = await destroy(place, dev.stackName, 170_000);
      must(detached === 1, `detached ${detached} people`);
      must(settings.stage === 'dev', `printed the stage ${settings.stage ?? 'none'}`);
      await mustHaveStayed(clients, settings);
    } finally {
      over.abort();
      await carrying;
    }
  });
  run.say(
    `prod carried ${carried.length} uploads meanwhile and after, complete after ${carried.join(', ')} ms`,
  );
  await run.check('nothing of prod is gone', 30_000, async () => {
    const { outputs, resources } = await describe(clients.stacks, prod.stackName);
    const idsOf = (of: Deployed['resources']) => of.map(({ type, id }) => `${type} ${id}`);
    mustEqual('resources', idsOf(resources), idsOf(before.resources));
    mustEqual('policies', await policiesOf(emulator, prod.person), [outputs['IotPolicyName'] ?? '']);
    mustEqual('policies of dev', await policiesOf(emulator, dev.person), []);
  });
}

const ELSEWHERE = 'eu-west-1';
/** Known by one name in all regions of an account. */
const ONE_FOR_ALL_REGIONS = ['AWS::IAM::Role', 'AWS::S3::Bucket'];

/** The same stage, and so the same names, in another region of the same account: made and deleted while the first carries uploads. */
async function isBesideAnotherRegion(run: Run, emulator: Emulator, prod: Stage): Promise<void> {
  const clients = clientsOf({ region: ELSEWHERE, emulator: emulator.place });
  const there = { ...emulator, clients };
  const workflow = workflowNamed('Photosprod', ELSEWHERE);
  try {
    await run.check('another region has a workflow of its own', 30_000, async () => {
      await bootstrap(emulator.place, clients);
      await createWorkflow(clients, workflow);
    });
    const { template } = await prepare(run, there, {
      ...settingsOf('small'),
      stage: 'prod',
      stateMachineArn: workflow.arn,
      iotEndpoint: `a1b2c3d4e5f6g7-ats.iot.${ELSEWHERE}.amazonaws.com`,
    });
    const deployed = await create(run, there, template, prod.stackName);
    await run.check(
      'roles and buckets of the two regions have names of their own, queues the same',
      30_000,
      async () => {
        const global = ({ resources, ...rest }: Deployed): Deployed => ({
          ...rest,
          resources: resources.filter(({ type }) => ONE_FOR_ALL_REGIONS.includes(type)),
        });
        mustHaveNothingInCommon(global(prod.deployed), global(deployed), 5);
        const { QueueUrl } = await clients.sqs.send(
          new GetQueueUrlCommand({ QueueName: 'stepcast-prod-uploads' }),
        );
        const { Attributes } = await clients.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
        );
        const arn = `arn:aws:sqs:${ELSEWHERE}:${ACCOUNT_ID}:stepcast-prod-uploads`;
        must(Attributes?.QueueArn === arn, `the queue is ${Attributes?.QueueArn ?? 'none'}`);
      },
    );
    await run.check(
      'the first region carries uploads beside it, and once it is deleted',
      300_000,
      async () => {
        await uploads(prod, 'beside.txt');
        const status = await deleteStack(clients.stacks, prod.stackName);
        must(status === 'DELETE_COMPLETE', `the stack elsewhere ended in ${status}`);
        await uploads(prod, 'alone.txt');
      },
    );
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}
