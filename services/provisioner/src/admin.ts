import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { SFNClient } from '@aws-sdk/client-sfn';
import {
  asError,
  awsClientDefaults,
  createLogger,
  createMetrics,
  StepcastError,
  systemClock,
  type Timers,
} from '@stepcast/kit';
import { createIotConnections } from './adapters/iot-connections.adapter.ts';
import { ADMIN_USAGE, readAdminCommand, type AdminCommand } from './admin-command.ts';
import { createProvisioner } from './compose.ts';
import { loginProviderOf, processEnvironment, readProvisionerConfig } from './config.ts';

/** Timers that keep the process alive: here nothing else does. */
const waitingTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Runs a command. Its result is printed as JSON; the log, audit records among it, goes to standard error. */
async function run(command: Exclude<AdminCommand, { name: 'help' }>): Promise<unknown> {
  const config = readProvisionerConfig(processEnvironment);
  const iot = new IoTClient(awsClientDefaults());
  const provisioner = createProvisioner({
    config,
    clients: {
      iot,
      cognitoIdentity: new CognitoIdentityClient(awsClientDefaults()),
      sfn: new SFNClient(awsClientDefaults()),
    },
    clock: systemClock,
    timers: waitingTimers,
    logger: createLogger({
      service: 'provisioner',
      level: config.logLevel,
      destination: process.stderr,
    }),
    metrics: createMetrics('stepcast_provisioner_'),
  });
  switch (command.name) {
    case 'reconcile':
      return provisioner.reconcile({ sweepAll: command.sweepAll });
    case 'deprovision': {
      // The data plane has an address of the account's own; the SDK's default one has an outdated certificate.
      const { endpointAddress = '' } = await iot.send(
        new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
      );
      const data = new IoTDataPlaneClient({ ...awsClientDefaults(), endpoint: `https://${endpointAddress}` });
      return provisioner.deprovision(createIotConnections(data))(command.identityId, command.sessions);
    }
    case 'kvs-roles':
      return {
        outcome: await provisioner.extendPoolRoles({
          provider: `${loginProviderOf(config)}:${config.userPoolClientId}`,
          groups: command.groups,
        }),
      };
  }
}

try {
  const command = readAdminCommand(process.argv.slice(2));
  process.stdout.write(
    command.name === 'help' ? ADMIN_USAGE : `${JSON.stringify(await run(command), undefined, 2)}\n`,
  );
} catch (thrown) {
  const error = asError(thrown);
  process.stderr.write(`${error instanceof StepcastError ? `${error.code}: ` : ''}${error.message}\n`);
  process.exitCode = 1;
}
