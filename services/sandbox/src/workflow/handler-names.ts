import type { ServiceResource } from '@stepcast/asl-interpreter';

/** What a handler may be named after to answer for a service integration; the first that there is answers. */
export function handlerNamesOf(stateName: string, resource: ServiceResource): readonly string[] {
  return [stateName, `${bareTypeOf(resource)}:${resource.action}`];
}

/** The service of an integration, by its plain name: `sns` for `aws-sdk:sns` too. */
export function bareTypeOf({ resourceType }: Pick<ServiceResource, 'resourceType'>): string {
  return resourceType.replace(/^aws-sdk:/, '');
}
