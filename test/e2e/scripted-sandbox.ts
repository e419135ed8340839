import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import {
  CLOUDEVENTS_CONTENT_TYPE,
  Epoch,
  IdentityId,
  MESSAGE_TYPES,
  PROVISION_PATH,
  Offset,
  topicSpace,
  uploadIdOf,
  type Overview,
  type WorkflowOutline,
  type UploadState,
} from '@stepcast/contracts';
import { sampleOutline } from '@stepcast/elements/testing';
import { Aedes } from 'aedes';
import * as z from 'zod';

import type { BrowserContext, Route, WebSocketRoute } from 'playwright-core';

/** Where the scripted sandbox seems to be. Nothing listens there: the browser's requests are answered before they leave. */
export const SCRIPTED_ORIGIN = 'http://127.0.0.1:4200';

const identities: Readonly<Record<string, IdentityId>> = {
  alice: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
  bob: IdentityId.parse('us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
  guest: IdentityId.parse('us-east-1:3f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
};
const epoch = Epoch.parse('3kTq');
const topics = topicSpace();

interface ScriptedWorkflow {
  readonly name: string;
  readonly about: string;
  readonly accept: string;
  readonly isExample: boolean;
  readonly outline: WorkflowOutline | null;
}

const workflow: ScriptedWorkflow = {
  name: 'Photo pipeline',
  about: 'Looks at an uploaded photo.',
  accept: 'image/*',
  isExample: true,
  outline: sampleOutline(),
};

const config = {
  region: 'us-east-1',
  accountId: '111122223333',
  identityPoolId: 'us-east-1:11111111-2222-4333-8444-555555555555',
  userPoolId: 'us-east-1_Sandbox01',
  userPoolClientId: 'scripted',
  users: [
    { username: 'alice', password: 'alice-in-the-sandbox' },
    { username: 'bob', password: 'bob-in-the-sandbox' },
  ],
  bucket: 'uploads',
  keyTemplate: 'users/{identityId}/…',
  topicNamespace: topics.namespace,
  guests: false,
  workflow,
  iotPolicyName: 'stepcast-identity',
  endpoints: {
    cognitoIdp: `${SCRIPTED_ORIGIN}/cognito-idp/`,
    cognitoIdentity: `${SCRIPTED_ORIGIN}/cognito-identity/`,
    s3: `${SCRIPTED_ORIGIN}/s3/`,
    mqttWss: 'ws://127.0.0.1:4200/mqtt',
    provisioner: SCRIPTED_ORIGIN,
  },
};

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Which person a token of {@link tokenOf} names. */
const ownerIn = (text: string) =>
  text.includes(base64url({ sub: 'bob' })) ? 'bob' : text.includes('Logins') ? 'alice' : 'guest';
const tokenOf = (username: string) =>
  `${base64url({ sub: username })}.${base64url({ exp: Math.floor(Date.now() / 1000) + 3600 })}.signature`;

function cognito(route: Route, password: (username: string) => string | undefined): Promise<void> {
  const request = route.request();
  const body: unknown = request.postDataJSON();
  const target = request.headers()['x-amz-target'] ?? '';
  const text = JSON.stringify(body);
  if (target.endsWith('InitiateAuth')) {
    const user = config.users.find(({ username }) => text.includes(`"${username}"`));
    if (user === undefined || !text.includes(`"${password(user.username) ?? ''}"`))
      return route.fulfill({
        status: 400,
        json: { __type: 'NotAuthorizedException', message: 'Incorrect username or password.' },
      });
    return route.fulfill({ json: { AuthenticationResult: { IdToken: tokenOf(user.username) } } });
  }
  const IdentityIdOfCaller = identities[ownerIn(text)];
  return route.fulfill({
    json: {
      IdentityId: IdentityIdOfCaller,
      Credentials: {
        AccessKeyId: 'ASIAEXAMPLEACCESSKEY',
        SecretKey: 'example',
        SessionToken: 'example',
        Expiration: Math.floor(Date.now() / 1000) + 3600,
      },
    },
  });
}

interface StoredFile {
  readonly key: string;
  /** ISO 8601. */
  readonly uploadedAt: string;
}

/** All that S3 has below a prefix, on one page. */
function listing(stored: readonly StoredFile[], prefix: string): string {
  const contents = stored
    .filter(({ key }) => key.startsWith(prefix))
    .map(
      ({ key, uploadedAt }) =>
        `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>${uploadedAt}</LastModified><Size>48213</Size></Contents>`,
    );
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`;
}

const Rates = z.record(z.string(), z.number());

/** The prefix of a person's keys. */
export const prefixOf = (who: 'alice' | 'bob' | 'guest') => `users/${identities[who] ?? ''}/`;

/** An MQTT connection of the page as the stream that the broker takes. */
function streamOf(socket: WebSocketRoute): Duplex {
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      socket.send(chunk);
      done();
    },
    final(done) {
      void socket.close().then(() => done());
    },
    destroy(error, done) {
      void socket.close().then(() => done(error));
    },
  });
  socket.onMessage((message) => stream.push(Buffer.isBuffer(message) ? message : Buffer.from(message)));
  socket.onClose(() => {
    stream.push(null);
    stream.destroy();
  });
  return stream;
}

/**
 * The parts of the sandbox that the page talks to, answered inside the browser as a script says: for states of the
 * page that a real run shows only by luck or not for long enough to be checked. The broker is a real one without rules; the
 * rest is canned. What the *sandbox* does is tested against the sandbox.
 */
export async function scriptSandbox(
  context: BrowserContext,
  pageDirectory: string,
  over: Partial<typeof config> = {},
) {
  const broker = await Aedes.createBroker();
  const sockets = new Set<WebSocketRoute>();
  const uploaded: string[] = [];
  const waiting: ((key: string) => void)[] = [];
  let provisioning: 'answers' | 'waits' | 'refuses' = 'answers';
  let storage: 'answers' | 'waits' | 'refuses' = 'answers';
  let broken: 'no' | 'cut' | 'gone' = 'no';
  let offset = 0;
  const said = new Map<string, number>();
  let stored: readonly StoredFile[] = [];
  let faults: Readonly<Record<string, number>> = {
    duplicate: 0,
    reorder: 0,
    delay: 0,
    truncate: 0,
    lose: 0,
    loseUploads: 0,
  };

  await context.route(`${SCRIPTED_ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const path = pathname === '/' ? 'index.html' : pathname.slice(1);
    const body = await readFile(join(pageDirectory, path));
    await route.fulfill({ body, contentType: contentTypes[path.split('.').at(-1) ?? ''] ?? 'text/plain' });
  });
  await context.route(`${SCRIPTED_ORIGIN}/sandbox.json`, (route) =>
    broken === 'gone' ? route.abort() : route.fulfill({ json: { ...config, ...over } }),
  );
  await context.route(`${SCRIPTED_ORIGIN}/faults`, (route) => {
    if (route.request().method() === 'PATCH')
      faults = { ...faults, ...Rates.parse(route.request().postDataJSON()) };
    return route.fulfill({ json: faults });
  });
  await context.route(/\/cognito-(idp|identity)\//, (route) =>
    cognito(route, (username) => config.users.find((user) => user.username === username)?.password),
  );
  await context.route(`${SCRIPTED_ORIGIN}${PROVISION_PATH}`, (route) => {
    const identityId = identities[ownerIn(`Logins ${route.request().headers()['authorization'] ?? ''}`)];
    if (provisioning === 'waits') return;
    if (provisioning === 'answers') return route.fulfill({ json: { status: 'ready', identityId } });
    return route.fulfill({
      status: 403,
      json: { error: { code: 'PROVISION_TOKEN', message: 'The token has expired.', retryable: false } },
    });
  });
  await context.route(`${SCRIPTED_ORIGIN}/s3/**`, async (route) => {
    const url = new URL(route.request().url());
    if (url.searchParams.has('list-type')) {
      const prefix = url.searchParams.get('prefix') ?? '';
      await route.fulfill({ contentType: 'application/xml', body: listing(stored, prefix) });
      return;
    }
    const key = decodeURIComponent(url.pathname.slice('/s3/uploads/'.length));
    if (storage === 'waits') return;
    if (storage === 'refuses') {
      const xml = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
      await route.fulfill({ status: 403, contentType: 'application/xml', body: xml });
      return;
    }
    await route.fulfill({ status: 200, headers: { etag: '"b1946ac92492d2347c6235b4d2611184"' }, body: '' });
    uploaded.push(key);
    waiting.shift()?.(key);
  });
  await context.routeWebSocket(/\/mqtt/, (socket) => {
    if (broken !== 'no') {
      void socket.close();
      return;
    }
    sockets.add(socket);
    broker.handle(streamOf(socket));
  });

  function publish(topic: string, type: string, data: object): Promise<void> {
    offset += 1;
    const message = {
      specversion: '1.0',
      id: `scripted:${offset}`,
      type,
      time: new Date().toISOString(),
      source: 'scripted',
      datacontenttype: 'application/json',
      data,
    };
    return new Promise((resolve, reject) => {
      broker.publish(
        {
          cmd: 'publish',
          topic,
          payload: JSON.stringify(message),
          qos: 1,
          retain: true,
          dup: false,
          properties: { contentType: CLOUDEVENTS_CONTENT_TYPE },
        },
        (error) => (error ? reject(error) : resolve()),
      );
    });
  }

  const startedAt = new Date().toISOString();
  function stateOf(identityId: IdentityId, key: string, over: Partial<UploadState>): UploadState {
    return {
      identityId,
      uploadId: uploadIdOf(config.bucket, key),
      position: { epoch, offset: Offset.parse(offset + 1) },
      epochStartedAt: startedAt,
      bucket: config.bucket,
      key,
      status: 'running',
      percent: null,
      etaSeconds: null,
      steps: [],
      executions: [],
      error: null,
      updatedAt: new Date().toISOString(),
      ...over,
    };
  }

  return {
    /** When the epoch of every upload began. */
    startedAt,
    /** Offset of what was said last of an upload. */
    positionOf: (key: string): Offset => Offset.parse(said.get(key)),
    /** Resolves to the key of the next file that S3 is given. */
    nextUpload: () => new Promise<string>((resolve) => waiting.push(resolve)),
    setProvisioning: (how: typeof provisioning) => {
      provisioning = how;
    },
    /** What S3 has besides, of whomever. */
    setStored: (files: readonly StoredFile[]) => {
      stored = files;
    },
    setStorage: (how: typeof storage) => {
      storage = how;
    },
    /** Says how far an upload has come. */
    async say(who: 'alice' | 'bob' | 'guest', key: string, over: Partial<UploadState>): Promise<void> {
      const identityId = IdentityId.parse(identities[who]);
      const state = stateOf(identityId, key, over);
      said.set(key, state.position.offset);
      const topic = topics.build({ kind: 'state', identityId, uploadId: state.uploadId });
      await publish(topic, MESSAGE_TYPES.state, state);
    },
    async overview(who: 'alice' | 'bob', uploads: Overview['uploads']): Promise<void> {
      const identityId = IdentityId.parse(identities[who]);
      const overview: Overview = { identityId, uploads, asOf: new Date().toISOString(), truncated: false };
      await publish(topics.build({ kind: 'overview', identityId }), MESSAGE_TYPES.overview, overview);
    },
    /** Cuts every connection, and refuses new ones until the next call; `gone`: nothing else answers either. */
    async breakConnections(how: 'cut' | 'gone' = 'cut'): Promise<void> {
      broken = how;
      for (const socket of sockets) await socket.close({ code: 1011, reason: 'cut by the test' });
      sockets.clear();
    },
    mendConnections: () => {
      broken = 'no';
    },
    close: () => new Promise<void>((resolve) => broker.close(() => resolve())),
  };
}
export type ScriptedSandbox = Awaited<ReturnType<typeof scriptSandbox>>;
