import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { createProgressClient } from '@stepcast/web';
import { QUEUE_NAMES } from '@stepcast/wire';
import { stillRefused, TYPES_LEFT_OUT } from './emulator-gaps.ts';
import { allowDifferences, IAM_DIFFERENCES, keysUnder, proberOf, stillDiffers } from './iam-differences.ts';
import { uploadAndFollow } from './person.ts';
import { clientsOf, REGION, ROOT } from './place.ts';
import { must, type Run } from './run.ts';
import { mustBeWhole, signsUp } from './steps.ts';
import {
  create,
  prepare,
  settingsOf,
  startServices,
  type Emulator,
  type Running,
  type Size,
} from './world.ts';

/** The list of what is left out is as short as it can be. */
export async function triesWhatIsLeftOut(run: Run, { clients }: Emulator): Promise<void> {
  for (const type of TYPES_LEFT_OUT)
    await run.check(`the emulator still refuses ${type}`, 30_000, () => stillRefused(clients.stacks, type));
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
  const person = await signsUp(run, emulator, running);
  await person.client.close();
  await run.check('the provisioner attaches the policy under its own role', 180_000, async () => {
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
    topicNamespace: page.topicNamespace,
    credentials: { credentials: () => Promise.resolve({ ...ROOT }), identityId: person.identityId },
  });
  const { s3 } = clientsOf({ region: REGION, emulator: place });
  try {
    const watched = await run.check(
      'an upload is processed under the shipped documents',
      300_000,
      async () => {
        const result = await uploadAndFollow({
          client,
          s3,
          bucket: page.bucket,
          key: `users/${person.identityId}/enforced.txt`,
          timeoutMs: 180_000,
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
