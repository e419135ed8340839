import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IoTClient } from '@aws-sdk/client-iot';
import { topicSpace } from '@stepcast/contracts';
import {
  type ClientOptions,
  type ConnectDependencies,
  type Operator,
  operatorOfAws,
  operatorOfSandbox,
  patience,
} from '@stepcast/operations';
import { loadSandboxPlace } from '../adapters/sandbox-place.adapter.ts';
import type { OperatorLogs } from '../commands/backfill/ports.ts';
import type { Lifecycle } from '../commands/destroy/ports.ts';
import { createAwsLifecycle } from './adapters/aws-lifecycle.adapter.ts';
import { createExecutionLogs } from './adapters/execution-logs.adapter.ts';
import { loadSandboxOperator } from './adapters/sandbox-operator.adapter.ts';
import type { PlaceSettings } from './options.ts';

/** What the commands work with: what every operator has, the log groups, and the deployment itself. */
export interface DeploymentOperator extends Operator {
  readonly logs: OperatorLogs;
  /** Stack and attachments; `undefined`: there is no stack. */
  readonly lifecycle: Lifecycle | undefined;
}

/** Reaches the sandbox, under the key of its operator, or AWS. @throws OperatorError, SandboxUnreachableError */
export async function connectOperator(
  settings: PlaceSettings,
  dependencies: ConnectDependencies,
): Promise<DeploymentOperator> {
  const { sandboxUrl: url } = settings;
  if (url === undefined) return connectToAws(settings, settings.region ?? '', dependencies);
  const [place, key] = [await loadSandboxPlace(url), await loadSandboxOperator(url)];
  const operator = operatorOfSandbox(
    {
      place: `the sandbox at ${url}`,
      region: place.region,
      accountId: place.accountId,
      topics: settings.topics ?? topicSpace(place.topicNamespace),
      tableName: settings.tableName,
      endpoints: { ...place.endpoints, mqttWss: settings.brokerUrl ?? place.endpoints.mqttWss },
      key,
    },
    dependencies,
  );
  const logs = new CloudWatchLogsClient({
    ...patience,
    region: place.region,
    endpoint: place.endpoints.logs,
    credentials: key,
  });
  return {
    ...operator,
    logs: createExecutionLogs(logs, dependencies),
    lifecycle: undefined,
    close: closer(operator, [logs]),
  };
}

function connectToAws(
  settings: PlaceSettings,
  region: string,
  dependencies: ConnectDependencies,
): DeploymentOperator {
  const { profile } = settings;
  const operator = operatorOfAws({ ...settings, region }, dependencies);
  const client: ClientOptions = { ...patience, region, ...(profile === undefined ? {} : { profile }) };
  const logs = new CloudWatchLogsClient(client);
  const stacks = new CloudFormationClient(client);
  // Detaching goes on for long, beside others who use up the same quota.
  const attachments = new IoTClient({ ...client, maxAttempts: 8 });
  return {
    ...operator,
    logs: createExecutionLogs(logs, dependencies),
    lifecycle: createAwsLifecycle({ stacks, iot: attachments }),
    close: closer(operator, [logs, stacks, attachments]),
  };
}

function closer(operator: Operator, clients: readonly { destroy(): void }[]): () => void {
  return () => {
    operator.close();
    for (const client of clients) client.destroy();
  };
}
