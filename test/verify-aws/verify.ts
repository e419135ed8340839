import { randomBytes } from 'node:crypto';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { s3Of, signUp, type SignedIn } from '../deployed/person.ts';
import { must, until } from '../deployed/run.ts';
import { correlates } from './correlates.ts';
import { openTo } from './ending.ts';
import { FACTS } from './facts.ts';
import { Findings } from './findings.ts';
import { type Made } from './made.ts';
import { said, untried, type Seen, type World } from './probe.ts';
import { brokerCrossings } from './probes/broker.ts';
import { PROBES } from './probes/index.ts';
import { crossings } from './probes/storage.ts';
import { report } from './report.ts';
import { namesIn, STACK_NAME, STAGE } from './stage.ts';
import { type Target, type Up, type VerifySettings } from './target.ts';
import { tearDown } from './tear-down.ts';
import { createWorkflow, type Workflow } from './workflow.ts';

export interface VerifyOptions {
  readonly target: Target;
  readonly say: (text: string) => void;
  /** From then on nothing new begins, and what was made is removed. */
  readonly interrupted: AbortSignal;
  /** Uploads by which latency is measured. */
  readonly uploads: number;
}

export interface Verified {
  readonly report: string;
  readonly seen: readonly Seen[];
  /** What failed besides facts, in one line each. */
  readonly failures: readonly string[];
  /** What opened in an emulator, which checks no rights: that is no failure. */
  readonly openInEmulator: readonly string[];
  /** What could not be removed. */
  readonly left: readonly string[];
}

/** Deploys, tries every fact, measures, and removes everything again, also after a failure or an interruption. */
export async function verify({ target, say, interrupted, uploads }: VerifyOptions): Promise<Verified> {
  const made: Made = { stack: false };
  const failures: string[] = [];
  const findings = new Findings();
  const startedAt = performance.now();
  let up: Up | undefined;
  try {
    await mustBeFree(target);
    const prefix = `${STACK_NAME}-${randomBytes(3).toString('hex')}`;
    say(`everything that is made begins with ${prefix}, or belongs to the stack ${STACK_NAME}`);
    const workflow = await createWorkflow(target.clients, prefix, made);
    interrupted.throwIfAborted();
    // Noted before it is there: a deployment that fails half-way leaves things behind.
    made.stack = true;
    made.bucket = namesIn(target.region).bucket(target.accountId, target.region);
    up = await target.deploy(settingsFor(target, workflow), workflow);
    made.userPoolId = up.page.userPoolId;
    made.identityPoolId = up.page.identityPoolId;
    await tryEverything({ target, say, interrupted, uploads }, { up, workflow, prefix, findings });
  } catch (thrown) {
    failures.push(interrupted.aborted ? 'interrupted' : said(thrown));
    say(`failed: ${said(thrown)}`);
  } finally {
    await up?.stop();
  }
  say('removing what was made');
  const left = await tearDown(target, made, say);
  const minutes = (performance.now() - startedAt) / 60_000;
  return {
    report: report(target.name, findings.seen, { ...findings.measured(), minutes }),
    seen: findings.seen,
    failures: [...failures, ...findings.failures, ...(target.emulator === undefined ? findings.open : [])],
    openInEmulator: target.emulator === undefined ? [] : findings.open,
    left,
  };
}

/** What is deployed. It speaks to the account's own broker; an emulator's is no name that a deployment takes. */
export function settingsFor(
  { emulator, region, dataEndpoint }: Pick<Target, 'emulator' | 'region' | 'dataEndpoint'>,
  { stateMachineArn, logGroupName }: Pick<Workflow, 'stateMachineArn' | 'logGroupName'>,
): VerifySettings {
  return {
    stage: STAGE,
    stateMachineArn,
    logGroupName,
    iotEndpoint: emulator === undefined ? dataEndpoint : `a1b2c3d4e5f6g7-ats.iot.${region}.amazonaws.com`,
    origins: ['https://verify.example'],
    startMode: 'managed',
  };
}

/** The names of the stage are fixed: what another run has left may be its only copy, so nothing is made or removed beside it. */
async function mustBeFree({ clients, accountId, region }: Target): Promise<void> {
  const Bucket = namesIn(region).bucket(accountId, region);
  const stack = await clients.stacks.send(new DescribeStacksCommand({ StackName: STACK_NAME })).then(
    ({ Stacks = [] }) => Stacks.some(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE'),
    () => false,
  );
  must(!stack, `there is a stack ${STACK_NAME} in ${region} already: verify in another region or account`);
  const bucket = await clients.s3.send(new HeadBucketCommand({ Bucket })).then(
    () => true,
    () => false,
  );
  must(
    !bucket,
    `there is a bucket ${Bucket} already: it stayed of a deployment, and this run would remove it`,
  );
}

interface Parts {
  readonly up: Up;
  readonly workflow: Workflow;
  readonly prefix: string;
  readonly findings: Findings;
}

async function tryEverything(
  { target, say, interrupted, uploads }: VerifyOptions,
  { up, workflow, prefix, findings }: Parts,
): Promise<void> {
  const { region, accountId, clients, emulator, dataEndpoint } = target;
  const person = async (name: string): Promise<SignedIn> => {
    const signedIn = await signUp(clients, up.page, `${name}@${prefix}.example`);
    up.know(signedIn.keys);
    return signedIn;
  };
  const ada = await person('ada');
  const bob = await person('bob');
  const world: World = {
    ...{ region, accountId, clients, emulator, dataEndpoint, page: up.page },
    ...{ ada, bob, prefix, say, machineRoleArn: workflow.roleArn },
  };
  try {
    for (const [name, probe] of Object.entries(PROBES)) {
      interrupted.throwIfAborted();
      if (name === 'refusedPublish') await provisioned(world, ada);
      say(`probe ${name}`);
      findings.seen.push(...(await probe(world).catch((thrown: unknown) => untriedBy(name, thrown))));
      for (const { fact, verdict, seen } of findings.seen.filter((one) => probesOf(name).includes(one.fact)))
        say(`  ${fact}: ${verdict}: ${seen}`);
    }
    await correlates(world, findings, { uploads, interrupted, workflow, up });
    await isolates(world, findings);
  } finally {
    await ada.client.close();
    await bob.client.close();
  }
}

const probesOf = (name: string): readonly string[] =>
  FACTS.filter(({ probe }) => probe === name).map(({ id }) => id);

function untriedBy(name: string, thrown: unknown): readonly Seen[] {
  return probesOf(name).map((fact) => untried(fact, said(thrown)));
}

/** Attaches the policy by the deployed provisioner; AWS lets it work within minutes. */
async function provisioned({ page, say }: World, { idToken, username }: SignedIn): Promise<void> {
  await until(`${username} is provisioned`, 60_000, async () => {
    const response = await fetch(page.provisionUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${idToken}` },
      signal: AbortSignal.timeout(30_000),
    });
    return response.ok ? true : undefined;
  });
  say(`${username} is provisioned`);
}

/** Bob has what Ada has, for himself; nothing of hers opens. */
async function isolates(world: World, findings: Findings): Promise<void> {
  const { page, ada, bob, say } = world;
  await provisioned(world, bob);
  const s3 = s3Of(page, bob.keys);
  try {
    const open = [
      ...(await crossings(s3, { bucket: page.bucket, owner: ada.identityId })),
      ...(await brokerCrossings(world)),
    ];
    findings.open.push(...open.map(openTo));
    say(`isolation: ${open.length === 0 ? 'nothing of Ada opens to Bob' : open.join('; ')}`);
  } catch (thrown) {
    findings.failures.push(`isolation: ${said(thrown)}`);
  } finally {
    s3.destroy();
  }
}
