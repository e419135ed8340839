import {
  getEndpointFromInstructions,
  type EndpointParameterInstructionsSupplier,
  type EndpointResolvedConfig,
} from '@smithy/core/endpoints';
import type { EndpointParameters } from '@smithy/types';
import type { AwsPlace } from './aws-json.adapter.ts';

/** The parts of an SDK client's configuration that say where its service is. */
export type PlacedConfig<T extends EndpointParameters> = Partial<EndpointResolvedConfig<T>> &
  Pick<AwsPlace, 'region' | 'credentials'>;

/**
 * Where an SDK client's service is and under which credentials: the SDK's rules, profiles and variables hold as ever.
 * @param command any command of the client that has no say in the endpoint
 */
export function awsPlaceOf<T extends EndpointParameters>(
  { config }: { readonly config: PlacedConfig<T> },
  command: EndpointParameterInstructionsSupplier,
): AwsPlace {
  return {
    endpoint: async () => (await getEndpointFromInstructions({}, command, config)).url,
    region: () => config.region(),
    credentials: () => config.credentials(),
  };
}
