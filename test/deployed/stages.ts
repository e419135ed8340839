import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketVersioningCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { createProgressClient } from '@stepcast/web';
import { QUEUE_NAMES } from '@stepcast/wire';
import { EXPECTED_FINDINGS, examine } from './doctor.ts';
import { stillRefused, TYPES_LEFT_OUT } from './emulator-gaps.ts';
import { allowDifferences, IAM_DIFFERENCES, keysUnder, proberOf, stillDiffers } from './iam-differences.ts';
import { s3Of, signUp, uploadAndFollow, type SignedIn, type Watched } from './person.ts';
import { clientsOf, REGION, ROOT } from './place.ts';
import { must, mustEqual, type Run } from './run.ts';
import { byHand, mustBeInTheWay, mustHaveStayed, removeJournal, stayedOf } from './take-down.ts';
import {
  create,
  ORIGIN,
  prepare,
  settingsOf,
  startServices,
  type Emulator,
  type Running,
  type Size,
} from './world.ts';
import { STATE_MACHINE_ARN } from './workflow.ts';

const PERSON = 'ada@example.com';

/** The list of what is left out is as short as it can be. */
export async function triesWhatIsLeftOut(run: Run, { clients }: Emulator): Promise<void> {
  for (const type of TYPES_LEFT_OUT)
    await run.check(`the emulator still refuses ${type}`, 30_000, () => stillRefused(clients.stacks, type));
}

function mustBeWhole(watched: Watched): void {
  const { offsets, discontinuities, status, percent } = watched;
  must(status === 'succeeded', `the upload ended as ${status}`);
  must(percent === 100, `at ${percent ?? 'no'} percent`);
  must(discontinuities === 0, `${discontinuities} discontinuities`);
  must(
    offsets.length > 5 && offsets.every((offset, index) => offset === index + 1),
    `offsets with holes: ${offsets.join(' ')}`,
  );
}

async function signsIn(run: Run, emulator: Emulator, running: Running): Promise<SignedIn> {
  const person = await run.check('signs in by SRP, and gets credentials of the pool', 60_000, () =>
    signUp(emulator.clients, running.page, PERSON),
  );
  running.broker.know(person.keys);
  return person;
}

/** Somebody who is signed in with the deployed pools follows an upload to `complete`. */
async function uploads(run: Run, running: Running, person: SignedIn): Promise<void> {
  const { page } = running;
  const s3 = s3Of(page, person.keys);
  const watched = await run.check('the upload of a person is followed to complete', 150_000, async () => {
    const result = await uploadAndFollow({
      client: person.client,
      s3,
      bucket: page.bucket,
      // A space, a plus sign and an umlaut: each is spelt otherwise somewhere on the way.
      key: `users/${person.identityId}/summer + päinting.txt`,
      timeoutMs: 45_000,
      namesVersions: false,
    });
    mustBeWhole(result);
    return result;
  });
  run.say(
    `events 1 to ${watched.offsets.length}, complete ${watched.tookMs} ms after the upload; ${running.logRelay.count()} records by the relay`,
  );
  s3.destroy();
}

/** The stack is deployed, works, is examined, is taken down and deployed again. */
export async function livesInSize(run: Run, emulator: Emulator, size: Size): Promise<void> {
  const { clients, place } = emulator;
  const first = await prepare(run, emulator, settingsOf(size));
  const deployed = await create(run, emulator, first.template);
  if (size === 'large')
    await run.check('the list of what is left out names nothing that there is not', 1_000, () => {
      mustEqual('types left out', first.leftOut, TYPES_LEFT_OUT);
      return Promise.resolve();
    });
  const running = await startServices(run, emulator, deployed, {
    keysOf: () => Promise.resolve(ROOT),
  });
  let person: SignedIn | undefined;
  try {
    await run.check('bucket and journal are as the template says', 30_000, async () => {
      const { Status } = await clients.s3.send(
        new GetBucketVersioningCommand({ Bucket: running.page.bucket }),
      );
      must(Status === 'Enabled', `versioning ${Status ?? 'was never set'}`);
      const { Table } = await clients.dynamodb.send(
        new DescribeTableCommand({ TableName: 'stepcast-journal' }),
      );
      must(Table?.DeletionProtectionEnabled === true, 'the journal can be deleted');
    });
    person = await signsIn(run, emulator, running);
    await uploads(run, running, person);
    await examines(run, emulator, { size, identityId: person.identityId });
  } finally {
    await person?.client.close();
    await running.stop();
  }
  const stayed = stayedOf(deployed);
  await run.check('is taken down with somebody provisioned', 120_000, () => byHand.takeDown(clients));
  await run.check('bucket, journal and pools stay', 30_000, () => mustHaveStayed(clients, stayed));
  await run.check('without a setting that takes it over, the bucket is in the way', 120_000, () =>
    mustBeInTheWay(clients, place.endpoint, first.template, 'AWS::S3::Bucket'),
  );
  if (byHand.removedByHand.includes('journal'))
    await run.check('the journal, which no setting takes over, is removed by hand', 30_000, () =>
      removeJournal(clients),
    );
  const { template: again } = await prepare(run, emulator, {
    ...settingsOf(size),
    ...byHand.settingsFor(stayed),
  });
  await create(run, emulator, again);
  const { identityId } = person;
  await run.check('what was uploaded before is still there', 30_000, async () => {
    await clients.s3.send(
      new HeadObjectCommand({
        Bucket: stayed.bucket,
        Key: `users/${identityId}/summer + päinting.txt`,
      }),
    );
  });
}

async function examines(
  run: Run,
  { place }: Emulator,
  { size, identityId }: { readonly size: Size; readonly identityId: string },
): Promise<void> {
  await run.check('the doctor finds what there is to find, and nothing else', 180_000, async () => {
    const { passed, findings } = await examine(place, [
      ...['--state-machine', STATE_MACHINE_ARN, '--identity', identityId, '--origin', ORIGIN, '--size', size],
    ]);
    run.say(`the doctor: ${passed} passed`);
    for (const { name, text } of findings) run.say(`the doctor: ${name}: ${text}`);
    mustEqual(
      'findings',
      findings.map(({ name }) => name),
      EXPECTED_FINDINGS.map(([name]) => name),
    );
  });
}

/** Every service works under exactly the documents that are shipped, enforced by somebody else's evaluation. */
export async function worksUnderIam(run: Run, emulator: Emulator, size: Size): Promise<void> {
  const { clients, place } = emulator;
  const first = await prepare(run, emulator, settingsOf(size));
  const deployed = await create(run, emulator, first.template);
  const running = await startServices(run, emulator, deployed, {
    keysOf: ({ roleName }) => keysUnder(clients.iam, roleName),
  });
  try {
    for (const { kind, roleName } of running.services)
      if (kind === 'function') await allowDifferences(clients.iam, roleName);
    run.say(
      `allowed besides, because the emulator asks for it: ${IAM_DIFFERENCES.map((one) => `${one.emulator} (AWS: ${one.aws})`).join(', ')}`,
    );
    const { QueueUrl = '' } = await clients.sqs.send(
      new GetQueueUrlCommand({ QueueName: QUEUE_NAMES.deadLetters }),
    );
    const prober = await proberOf(place, clients.iam);
    for (const difference of IAM_DIFFERENCES)
      await run.check(`the emulator still asks for ${difference.emulator}`, 30_000, () =>
        stillDiffers(prober, QueueUrl, difference),
      );
    for (const client of Object.values(prober)) client.destroy();
    await watchesUnderIam(run, emulator, running);
  } finally {
    await running.stop();
  }
}

/**
 * The upload is the root's: the emulator does not put an identity into the variables of the pool's role, so the role may do
 * nothing there. That the pool gives credentials and the provisioner attaches the policy is seen all the same.
 */
async function watchesUnderIam(run: Run, emulator: Emulator, running: Running): Promise<void> {
  const { place } = emulator;
  const { page } = running;
  const person = await signsIn(run, emulator, running);
  await person.client.close();
  await run.check('the provisioner attaches the policy under its own role', 60_000, async () => {
    const response = await fetch(page.provisionUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.idToken}` },
      signal: AbortSignal.timeout(50_000),
    });
    must(response.ok, `answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  });
  running.broker.know(ROOT);
  const client = createProgressClient({
    region: REGION,
    endpoint: page.broker,
    credentials: { credentials: () => Promise.resolve({ ...ROOT }), identityId: person.identityId },
  });
  const { s3 } = clientsOf({ region: REGION, emulator: place });
  try {
    const watched = await run.check(
      'an upload is processed under the shipped documents',
      150_000,
      async () => {
        const result = await uploadAndFollow({
          client,
          s3,
          bucket: page.bucket,
          key: `users/${person.identityId}/enforced.txt`,
          timeoutMs: 45_000,
          namesVersions: false,
        });
        mustBeWhole(result);
        return result;
      },
    );
    run.say(`events 1 to ${watched.offsets.length}, complete ${watched.tookMs} ms after the upload`);
  } catch (thrown) {
    run.say(running.lastWords());
    throw thrown;
  } finally {
    await client.close();
    s3.destroy();
  }
}
