import type { ServiceResource } from '@stepcast/asl-interpreter';

/** Names of the handlers that may answer for a task of a service integration. The first that exists does. */
export function handlerNamesOf(stateName: string, resource: ServiceResource): readonly string[] {
  return [stateName, `${bareTypeOf(resource)}:${resource.action}`];
}

/** The service of an integration, by its plain name: `sns` for `aws-sdk:sns` too. */
export function bareTypeOf({ resourceType }: Pick<ServiceResource, 'resourceType'>): string {
  return resourceType.replace(/^aws-sdk:/, '');
}
