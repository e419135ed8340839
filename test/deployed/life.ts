import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketVersioningCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { EXPECTED_BEFORE, EXPECTED_FINDINGS, examine, examineBefore } from './doctor.ts';
import { TYPES_LEFT_OUT } from './emulator-gaps.ts';
import { s3Of, signIn, uploadAndFollow, type SignedIn } from './person.ts';
import { ROOT } from './place.ts';
import { must, mustEqual, type Run } from './run.ts';
import { STACK_NAME, type Deployed } from './stack.ts';
import { mustBeWhole, signsUp } from './steps.ts';
import {
  adoptingOf,
  attachmentsOf,
  destroy,
  failHalfWay,
  mustBeInTheWay,
  mustHaveStayed,
  mustRefuseDeletion,
  type Adopting,
} from './take-down.ts';
import {
  create,
  ORIGIN,
  prepare,
  settingsOf,
  startServices,
  update,
  type Emulator,
  type Running,
  type Size,
} from './world.ts';
import { STATE_MACHINE_ARN } from './workflow.ts';

/** A space, a plus sign and an umlaut: each is spelt otherwise somewhere on the way. */
const FIRST_FILE = 'summer + päinting.txt';

interface Life {
  readonly run: Run;
  readonly emulator: Emulator;
  readonly size: Size;
}

/** A first deployment fails; then the stack is deployed, works, is examined, is taken down by `stepcast destroy` and deployed again with what stayed. */
export async function livesInSize(run: Run, emulator: Emulator, size: Size): Promise<void> {
  const life = { run, emulator, size };
  const { clients, place } = emulator;
  const first = await prepare(run, emulator, settingsOf(size));
  await examinesBefore(run, emulator, size);
  await run.check('a first deployment fails half-way, and is rolled back', 180_000, () =>
    failHalfWay(clients, place.endpoint, first.template),
  );
  // Under the same names: nothing stayed that would be in the way.
  const deployed = await create(run, emulator, first.template);
  if (size === 'large')
    await run.check('the list of what is left out names nothing that there is not', 1_000, () => {
      mustEqual('types left out', first.leftOut, TYPES_LEFT_OUT);
      return Promise.resolve();
    });
  const settled = await protects(life, deployed);
  const person = await worksFirst(life, settled);
  const stayed = await isDestroyed(life, settled);
  await run.check('without a setting that adopts it, the bucket is in the way', 120_000, () =>
    mustBeInTheWay(clients, place.endpoint, first.template, 'AWS::S3::Bucket'),
  );
  await run.check('what stayed is there after the deployment that failed', 30_000, () =>
    mustHaveStayed(clients, stayed),
  );
  await livesAgain(life, { stayed, person });
}

/** A first deployment can be rolled back; a later one protects what it holds. */
async function protects({ run, emulator, size }: Life, { outputs }: Deployed): Promise<Deployed> {
  const { clients } = emulator;
  const isProtected = async (): Promise<boolean | undefined> => {
    const { Table } = await clients.dynamodb.send(
      new DescribeTableCommand({ TableName: outputs['JournalTable'] }),
    );
    return Table?.DeletionProtectionEnabled;
  };
  await run.check('bucket and journal are as the template says', 30_000, async () => {
    const { Status } = await clients.s3.send(new GetBucketVersioningCommand({ Bucket: outputs['Bucket'] }));
    must(Status === 'Enabled', `versioning ${Status ?? 'was never set'}`);
    must((await isProtected()) === false, 'the journal of a first deployment could not be rolled back');
  });
  const later = await prepare(run, emulator, { ...settingsOf(size), deletionProtection: true });
  const settled = await update(run, emulator, later.template);
  await run.check('a later deployment protects the journal', 30_000, async () => {
    must((await isProtected()) === true, 'the journal can be deleted');
  });
  return settled;
}

async function worksFirst({ run, emulator, size }: Life, deployed: Deployed): Promise<SignedIn> {
  return whileRunning(run, emulator, deployed, async (running) => {
    const person = await signsUp(run, emulator, running);
    try {
      await uploads(run, running, person, FIRST_FILE);
      await examines(run, emulator, { size, identityId: person.identityId });
    } finally {
      await person.client.close();
    }
    return person;
  });
}

async function whileRunning<T>(
  run: Run,
  emulator: Emulator,
  deployed: Deployed,
  body: (running: Running) => Promise<T>,
): Promise<T> {
  const running = await startServices(run, emulator, deployed, { keysOf: () => Promise.resolve(ROOT) });
  try {
    return await body(running);
  } finally {
    await running.stop();
  }
}

/** `stepcast destroy` with somebody provisioned. @returns the settings that it printed */
async function isDestroyed({ run, emulator }: Life, deployed: Deployed): Promise<Adopting> {
  const { clients, place } = emulator;
  const expected = adoptingOf(deployed);
  const policyName = deployed.outputs['IotPolicyName'] ?? '';
  const provisioned = await run.check('somebody is provisioned', 30_000, async () => {
    const count = await attachmentsOf(clients, policyName);
    must(count > 0, `nobody has ${policyName}`);
    return count;
  });
  const { settings, detached } = await run.check('stepcast destroy takes it down', 180_000, async () => {
    const destroyed = await destroy(place, STACK_NAME, 170_000);
    must(destroyed.detached === provisioned, `detached ${destroyed.detached} of ${provisioned}`);
    mustEqual('settings', [JSON.stringify(destroyed.settings)], [JSON.stringify(expected)]);
    return destroyed;
  });
  run.say(`stepcast destroy detached ${detached}, and printed ${JSON.stringify(settings)}`);
  await run.check('bucket, journal, pools and the client of the user pool stay', 30_000, () =>
    mustHaveStayed(clients, settings),
  );
  return settings;
}

/** What stayed is adopted by the settings that `destroy` printed: the same person signs in, with the same files. */
async function livesAgain(
  life: Life,
  { stayed, person }: { readonly stayed: Adopting; readonly person: SignedIn },
): Promise<void> {
  const { run, emulator, size } = life;
  const { clients } = emulator;
  const again = await prepare(run, emulator, { ...settingsOf(size), ...stayed });
  const deployed = await create(run, emulator, again.template);
  await run.check('its outputs name what it adopted', 1_000, () => {
    mustEqual('adopted', [JSON.stringify(adoptingOf(deployed))], [JSON.stringify(stayed)]);
    return Promise.resolve();
  });
  await whileRunning(run, emulator, deployed, async (running) => {
    const back = await run.check('who signed in before is the same identity again', 180_000, async () => {
      const signedIn = await signIn(clients, running.page, person);
      must(signedIn.identityId === person.identityId, `is ${signedIn.identityId} now`);
      return signedIn;
    });
    running.broker.know(back.keys);
    try {
      await run.check('what was uploaded before is still there', 30_000, async () => {
        const Key = `users/${person.identityId}/${FIRST_FILE}`;
        await clients.s3.send(new HeadObjectCommand({ Bucket: stayed.bucket, Key }));
      });
      await uploads(run, running, back, 'second.txt');
    } finally {
      await back.client.close();
    }
  });
  await run.check('CloudFormation alone cannot delete it with somebody provisioned', 120_000, () =>
    mustRefuseDeletion(clients),
  );
  await isDestroyed(life, deployed);
}

/** Somebody who is signed in with the deployed pools follows an upload to `complete`. */
async function uploads(run: Run, running: Running, person: SignedIn, name: string): Promise<void> {
  const { page } = running;
  const s3 = s3Of(page, person.keys);
  try {
    const watched = await run.check('the upload of a person is followed to complete', 300_000, async () => {
      const result = await uploadAndFollow({
        client: person.client,
        s3,
        bucket: page.bucket,
        key: `users/${person.identityId}/${name}`,
        timeoutMs: 180_000,
        namesVersions: false,
      });
      mustBeWhole(result);
      return result;
    });
    run.say(
      `events 1 to ${watched.offsets.length}, complete ${watched.tookMs} ms after the upload; ${running.logRelay.count()} records by the relay`,
    );
  } catch (thrown) {
    run.say(running.lastWords());
    throw thrown;
  } finally {
    s3.destroy();
  }
}

async function examinesBefore(run: Run, { place, folder }: Emulator, size: Size): Promise<void> {
  const path = join(folder, 'before.json');
  await writeFile(path, JSON.stringify(settingsOf(size)));
  await run.check(
    'before the deployment the doctor finds what there is to find, and nothing else',
    180_000,
    async () => {
      const { passed, findings } = await examineBefore(place, path);
      run.say(`the doctor, before: ${passed} passed`);
      for (const { name, text } of findings) run.say(`the doctor, before: ${name}: ${text}`);
      mustEqual(
        'findings',
        findings.map(({ name }) => name),
        EXPECTED_BEFORE.map(([name]) => name),
      );
    },
  );
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
