import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BackoffOptions,
  cognitoCredentials,
  createProgressClient,
  type PositionStorage,
  type ProgressClient,
  type Runtime,
  systemRuntime,
} from '@stepcast/web';
import type { Person, SandboxAddresses } from '../support/person.ts';

/** A workflow of tasks one after the other, each of which takes a few milliseconds. */
export async function writeQuickWorkflow(
  tasks: number,
  taskMs: number,
): Promise<{ readonly argv: readonly string[]; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-workflow-'));
  const names = Array.from({ length: tasks }, (_, index) => `Step ${index + 1}`);
  const definition = {
    StartAt: names[0],
    States: Object.fromEntries(
      names.map((name, index) => [
        name,
        {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: 'quick', 'Payload.$': '$' },
          ResultPath: null,
          ...(index + 1 < names.length ? { Next: names[index + 1] } : { End: true }),
        },
      ]),
    ),
  };
  const [definitionPath, handlersPath] = [join(folder, 'quick.asl.json'), join(folder, 'quick.mjs')];
  await writeFile(definitionPath, JSON.stringify(definition));
  await writeFile(
    handlersPath,
    `export const handlers = { quick: () => new Promise((done) => setTimeout(() => done({ ok: true }), ${taskMs})) };\n`,
  );
  return {
    argv: ['--definition', definitionPath, '--handlers', handlersPath],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Events of one upload of the quick workflow: uploaded, started, each step entered and left, succeeded. */
export function eventsOfQuickWorkflow(tasks: number): number[] {
  return Array.from({ length: 3 + 2 * tasks }, (_, index) => index + 1);
}

/** The client's timers, so many times as fast. What clients wait for has tests of its own. */
export function fasterRuntime(times: number): Runtime {
  return {
    ...systemRuntime,
    setTimer: (callback, delayMs) => systemRuntime.setTimer(callback, delayMs / times),
  };
}

/** The web client of somebody who has signed in, as an application would make it. */
export function clientOf(
  sandbox: { readonly info: SandboxAddresses },
  person: Person,
  options: {
    readonly endpoint?: string;
    readonly runtime?: Runtime;
    readonly onCredentials?: () => void;
    readonly backoff?: BackoffOptions;
    /** Where positions outlive the client. */
    readonly storage?: PositionStorage;
  } = {},
): ProgressClient {
  const { info } = sandbox;
  const provider = cognitoCredentials({
    region: info.region,
    identityPoolId: info.identityPoolId,
    endpoint: info.endpoints.cognitoIdentity,
    logins: () =>
      Promise.resolve({ [`cognito-idp.${info.region}.amazonaws.com/${info.userPoolId}`]: person.idToken }),
    fetch: (input, init) => {
      options.onCredentials?.();
      return fetch(input, init);
    },
  });
  return createProgressClient({
    region: info.region,
    endpoint: options.endpoint ?? info.endpoints.mqttWss,
    credentials: provider,
    topicNamespace: info.topicNamespace,
    provisioning: {
      url: `${info.endpoints.provisioner}/v1/provision`,
      idToken: () => Promise.resolve(person.idToken),
    },
    positionCheckMs: 10_000,
    ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.storage === undefined ? {} : { storage: options.storage }),
  });
}
