import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import {
  type AuthorizationRequest,
  type Authorizer,
  createCredentialStore,
  type CredentialStore,
  type Principal,
} from '../core/index.ts';
import { createFront, type FrontMount } from '../front/index.ts';

export const REGION = 'eu-central-1';
export const ACCOUNT = '111122223333';

export const rootPrincipal: Principal = { kind: 'root', accountId: ACCOUNT };

/** Lets everything through and remembers what it was asked, until a test makes it deny. */
export class RecordingAuthorizer implements Authorizer {
  readonly asked: AuthorizationRequest[] = [];
  denies: (request: AuthorizationRequest) => boolean = () => false;

  authorize(request: AuthorizationRequest) {
    this.asked.push(request);
    return this.denies(request)
      ? { allowed: false, reason: `no identity-based policy allows the ${request.action} action` }
      : { allowed: true, reason: 'allowed' };
  }
}

export interface Endpoints {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly credentials: CredentialStore;
  readonly authorizer: RecordingAuthorizer;
  /** Root's keys, in the form that SDK clients take. */
  readonly rootKeys: { accessKeyId: string; secretAccessKey: string };
  /** Milliseconds added to the clock of the front. */
  skewMs: number;
  readonly errors: unknown[];
  close(): Promise<void>;
}

/** A front with the given mounts, listening on loopback. */
export async function startEndpoints(mounts: readonly FrontMount[]): Promise<Endpoints> {
  const state = { skewMs: 0 };
  const nowMs = () => Date.now() + state.skewMs;
  const credentials = createCredentialStore({ now: nowMs });
  const authorizer = new RecordingAuthorizer();
  const errors: unknown[] = [];
  const app = Fastify({ forceCloseConnections: true });
  app.get('/beside', () => ({ beside: true }));
  await app.register(
    createFront({
      region: REGION,
      credentials,
      authorizer,
      nowMs,
      newId: randomUUID,
      log: { warn: () => undefined, error: (fields) => errors.push(fields['err']) },
      mounts,
    }),
  );
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const { accessKeyId, secretAccessKey } = credentials.issue({
    principal: rootPrincipal,
    lifetimeMs: undefined,
  });
  return {
    origin,
    credentials,
    authorizer,
    rootKeys: { accessKeyId, secretAccessKey },
    get skewMs() {
      return state.skewMs;
    },
    set skewMs(value) {
      state.skewMs = value;
    },
    errors,
    close: () => app.close(),
  };
}

/** Deterministic bytes that do not compress and differ everywhere. */
export function someBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** A stream of the same bytes in chunks of 64 KiB. */
export function streamOf(bytes: Buffer): Readable {
  let at = 0;
  return new Readable({
    read() {
      this.push(at >= bytes.length ? null : bytes.subarray(at, (at += 65_536)));
    },
  });
}

/** Tries an assertion again until it holds, for at most five seconds; then it fails as the assertion does. */
export async function eventually(assertion: () => Promise<void> | void): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
