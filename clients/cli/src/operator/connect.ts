import { topicSpace } from '@stepcast/contracts';
import {
  type ConnectDependencies,
  type Operator,
  operatorOfAws,
  operatorOfSandbox,
} from '@stepcast/operations';
import { loadSandboxPlace } from '../adapters/sandbox-place.adapter.ts';
import { loadSandboxOperator } from './adapters/sandbox-operator.adapter.ts';
import type { PlaceSettings } from './options.ts';

/** Reaches the sandbox, under the key of its operator, or AWS. @throws OperatorError, SandboxUnreachableError */
export async function connectOperator(
  settings: PlaceSettings,
  dependencies: ConnectDependencies,
): Promise<Operator> {
  const { sandboxUrl: url } = settings;
  if (url === undefined) return operatorOfAws({ ...settings, region: settings.region ?? '' }, dependencies);
  const [place, key] = [await loadSandboxPlace(url), await loadSandboxOperator(url)];
  return operatorOfSandbox(
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
}
