import { join } from 'node:path';
import { DescribeEndpointCommand } from '@aws-sdk/client-iot';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { type PageConfig } from '../deployed/person.ts';
import { ACCOUNT_ID, clientsOf, REGION, ROOT, type Clients, type Place } from '../deployed/place.ts';
import { type Run } from '../deployed/run.ts';
import { describe, type Deployed } from '../deployed/stack.ts';
import { deploy, startEmulator, startServices } from '../deployed/world.ts';
import { logGroupOf, serviceLogRelay } from './service-log.ts';
import { STACK_NAME } from './stage.ts';
import { type Workflow } from './workflow.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/** A deployment that works. */
export interface Up {
  readonly deployed: Deployed;
  readonly page: PageConfig;
  /** Secrets by which a relay of an emulator signs again; does nothing in AWS. */
  know(keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): void;
  /** Log group of the engine, which writes what it counts there once a minute. */
  readonly engineLogGroup: string;
  /** Brings what the engine of an emulator has written into that log group; does nothing in AWS. */
  passOnLog(): Promise<void>;
  /** Ends what runs here. */
  stop(): Promise<void>;
}

/** Where a run takes place: an account in AWS, or an emulator for a dry run. */
export interface Target {
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
  readonly clients: Clients;
  readonly emulator: Place | undefined;
  readonly dataEndpoint: string;
  deploy(settings: VerifySettings, workflow: Workflow): Promise<Up>;
  close(): Promise<void>;
}

export interface VerifySettings {
  readonly stage: string;
  readonly stateMachineArn: string;
  readonly logGroupName: string;
  readonly iotEndpoint: string;
  readonly origins: readonly string[];
  readonly startMode: 'managed';
}

async function dataEndpointOf({ iot }: Clients): Promise<string> {
  const { endpointAddress = '' } = await iot.send(
    new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
  );
  return endpointAddress;
}

/** An account, by the usual chain of credentials. Deploys with the CDK's command, which needs Docker and a bootstrap. */
export async function inAws(
  region: string,
  accountId: string,
  synthesized: (settings: VerifySettings) => Promise<string>,
): Promise<Target> {
  const clients = clientsOf({ region });
  const dataEndpoint = await dataEndpointOf(clients);
  return {
    name: `account ${accountId}, ${region}`,
    region,
    accountId,
    clients,
    emulator: undefined,
    dataEndpoint,
    async deploy(settings) {
      await runCommand(
        'npx',
        ['--yes', 'aws-cdk@2', 'deploy', '--app', await synthesized(settings), '--require-approval', 'never'],
        {
          cwd: REPOSITORY,
          env: { ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region },
          output: 'inherit',
          timeoutMs: 2_400_000,
        },
      );
      const deployed = await describe(clients.stacks, STACK_NAME);
      const output = (name: string) => deployed.outputs[name] ?? '';
      return {
        deployed,
        page: {
          region,
          endpoint: undefined,
          userPoolId: output('UserPoolId'),
          userPoolClientId: output('UserPoolClientId'),
          identityPoolId: output('IdentityPoolId'),
          bucket: output('Bucket'),
          topicNamespace: output('TopicNamespace'),
          provisionUrl: output('ProvisionUrl'),
          broker: `wss://${dataEndpoint}/mqtt`,
        },
        know: () => undefined,
        engineLogGroup: logGroupOf(deployed, 'engine'),
        passOnLog: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      };
    },
    close() {
      for (const client of Object.values(clients)) client.destroy();
      return Promise.resolve();
    },
  };
}

/** An emulator that is started for the run. @throws ToolUnavailable */
export async function inEmulator(run: Run): Promise<Target> {
  const emulator = await startEmulator({ enforcesIam: false, workflow: false });
  return {
    name: `an emulator (a dry run: nothing that it says is said of AWS)`,
    region: REGION,
    accountId: ACCOUNT_ID,
    clients: emulator.clients,
    emulator: emulator.place,
    dataEndpoint: await dataEndpointOf(emulator.clients),
    async deploy(settings, { stateMachineArn, expressStateMachineArn, logGroupName }) {
      const deployed = await deploy(run, emulator, settings, STACK_NAME);
      const running = await startServices(run, emulator, deployed, {
        keysOf: () => Promise.resolve(ROOT),
        ...{ stateMachineArn, expressStateMachineArn, logGroupName },
      });
      const engineLogGroup = logGroupOf(deployed, 'engine');
      run.say('relay of ours: what the engine writes of its metrics into its log group, as ECS does');
      return {
        deployed,
        page: running.page,
        know: (keys) => {
          running.broker.know(keys);
        },
        engineLogGroup,
        passOnLog: serviceLogRelay(emulator.clients.logs, {
          logGroupName: engineLogGroup,
          written: () => running.writtenBy('engine'),
        }),
        stop: () => running.stop(),
      };
    },
    close: () => emulator.stop(),
  };
}
