import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  IdentityId,
  isTerminal,
  ProgressMessage,
  StateMessage,
  topicSpace,
  uploadIdOf,
} from '@stepcast/contracts';
import { LIVE_PATH, READY_PATH } from '@stepcast/wire';
import { connectAsync } from 'mqtt';
import sharp from 'sharp';
import { readOptions } from '../support/command-line.ts';
import { MqttInbox } from '../support/mqtt-inbox.ts';
import { signIn, type SandboxAddresses } from '../support/person.ts';
import { checkConfinement, compose as composeOf, FORMS, imageSizes, type Form } from './containers.ts';

const USAGE = `Usage: npm run test:compose -- [options]

Builds the images, starts docker-compose.yml, uploads a photo as Alice with stock clients and watches it to its end, checks how the
containers are confined, then takes everything down. Needs Docker, and some minutes.

  --stores     DynamoDB Local and Mosquitto for store and broker
  --apart      docker-compose.apart.yml, where correlator and publisher are containers of their own
  --no-build   the images that are there
  --keep       leaves the containers running
`;
const SANDBOX = 'http://127.0.0.1:4200';
const MOSQUITTO = 'mqtt://127.0.0.1:4204';
const flag = { type: 'boolean', default: false } as const;
const options = readOptions(USAGE, { stores: flag, apart: flag, 'no-build': flag, keep: flag });
const form: Form = FORMS[options.apart ? 'apart' : options.stores ? 'stores' : 'sandbox'];
const compose = (...args: readonly string[]) => composeOf(form, ...args);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Asks until the answer is there. Containers are other processes: there is nothing to subscribe to. */
async function until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs: number): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > endsAt) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function uploadAndWatch(): Promise<void> {
  const response = await fetch(`${SANDBOX}/sandbox.json`);
  const sandbox = (await response.json()) as SandboxAddresses;
  const alice = await signIn(sandbox, 'alice');
  await until(
    'provisioner',
    async () => ((await alice.provision()).status === 200 ? true : undefined),
    60_000,
  );
  const client = await alice.connect('compose');
  const inbox = new MqttInbox(client);
  const key = `users/${alice.identityId}/compose.png`;
  const identityId = IdentityId.parse(alice.identityId);
  const uploadId = uploadIdOf(sandbox.bucket, key);
  const topics = topicSpace(sandbox.topicNamespace);
  const state = topics.build({ kind: 'state', identityId, uploadId });
  const events = topics.build({ kind: 'events', identityId, uploadId });
  await client.subscribeAsync([state, events], { qos: 1 });
  const body = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#2a7' } })
    .png()
    .toBuffer();
  await alice.s3.send(new PutObjectCommand({ Bucket: sandbox.bucket, Key: key, Body: body }));
  say('uploaded; watching');
  const last = await inbox.waitFor(
    () => inbox.read(state, StateMessage).find((message) => isTerminal(message.data.status)),
    90_000,
  );
  const offsets = inbox
    .read(events, ProgressMessage)
    .flatMap((message) => message.data.events.map((event) => event.offset));
  client.end(true);
  if (last.data.status !== 'succeeded') throw new Error(`the workflow ended as ${last.data.status}`);
  if (offsets.some((offset, index) => offset !== index + 1))
    throw new Error(`offsets with holes: ${offsets.join(' ')}`);
  say(`succeeded: offsets 1 to ${offsets.length} without a hole`);
  if (form === FORMS.stores) await checkStores(state);
}

/** That the journal lies in DynamoDB Local, and the retained state at Mosquitto. */
async function checkStores(state: string): Promise<void> {
  const client = await connectAsync(MOSQUITTO, { connectTimeout: 10_000 });
  const inbox = new MqttInbox(client);
  await client.subscribeAsync(state, { qos: 1 });
  const retained = await inbox.waitFor(() => inbox.read(state, StateMessage)[0], 10_000);
  client.end(true);
  if (retained.data.status !== 'succeeded') throw new Error('Mosquitto retains another state');
  // DynamoDB Local checks no signature.
  const count = `
    const answer = await fetch('http://dynamodb:8000', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.Scan',
        authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify({ TableName: 'stepcast-journal', Select: 'COUNT' }),
    });
    console.log((await answer.json()).Count);`;
  const items = await compose('exec', '-T', 'engine-on-stores', 'node', '--input-type=module', '-e', count);
  if (!(Number(items.trim()) > 0)) throw new Error(`DynamoDB Local has ${items.trim()} items`);
  say(`Mosquitto retains the state; DynamoDB Local has ${items.trim()} items`);
}

async function main(): Promise<void> {
  if (!options['no-build']) {
    say('building the images; this takes some minutes');
    await compose('build');
  }
  try {
    await compose('up', '-d');
    await until(
      'sandbox',
      async () => ((await fetch(`${SANDBOX}${READY_PATH}`)).ok ? true : undefined),
      60_000,
    );
    await uploadAndWatch();
    for (const service of form.answering)
      for (const path of [LIVE_PATH, READY_PATH]) {
        const question = `fetch('http://127.0.0.1:8080${path}').then((r) => console.log(r.status))`;
        const status = (await compose('exec', '-T', service, 'node', '-e', question)).trim();
        if (status !== '200') throw new Error(`${service} answers ${status} to ${path}`);
      }
    await checkConfinement(form);
    say('every container is confined: read-only, without capabilities, within limits, not root');
    say(await imageSizes(form));
  } catch (thrown) {
    say(await compose('logs', '--tail', '30'));
    throw thrown;
  } finally {
    if (!options.keep) await compose('down', '-v');
  }
}

await main();
