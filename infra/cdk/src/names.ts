import { Aws } from 'aws-cdk-lib';
import { type ServiceName } from '@stepcast/policies';
import { deploymentNames, NAME_PREFIX, type DeploymentNames } from '@stepcast/wire';

/** Names of a deployment without a stage, for parts that are put together by hand. */
export const PLAIN_NAMES: DeploymentNames = deploymentNames();

/** Without a stage. `putStage` puts it into what is made under these names. */
export const serviceNameOf = (service: ServiceName): string => `${NAME_PREFIX}-${service}`;
export const alarmNameOf = (what: string): string => `${NAME_PREFIX}-${what}`;

export const serviceLogGroupOf = (names: DeploymentNames, service: ServiceName): string =>
  `/${names.prefix}/${service}`;
/** Log group of the requests of an API. */
export const accessLogGroupOf = (names: DeploymentNames, api: string): string =>
  `/aws/vendedlogs/${names.prefix}/${api}`;

/** Stage of the API that takes signed requests. */
export const SIGNED_STAGE_NAME = 'signed';

/** Port of every container; the Dockerfile says the same. */
export const CONTAINER_PORT = 8080;
/** Without a stage, as alarms. With the region: an account's dashboards are the same ones in all regions (API reference, PutDashboard). */
export const dashboardNameOf = (): string => `${NAME_PREFIX}-${Aws.REGION}`;
