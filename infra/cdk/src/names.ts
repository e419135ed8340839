import { type ServiceName } from '@stepcast/policies';

/**
 * Names that the doctor looks for, and that `stepcast permission-set` scopes its statements to: all begin with "stepcast",
 * so an account and region has room for one deployment. Queue, table, policy and role names are in the contracts.
 */
export const CLUSTER_NAME = 'stepcast';
export const serviceNameOf = (service: ServiceName): string => `stepcast-${service}`;
export const serviceLogGroupOf = (service: ServiceName): string => `/stepcast/${service}`;
/** Stage of the API that takes signed requests. */
export const SIGNED_STAGE_NAME = 'signed';
export const RULE_NAMES = {
  uploads: 'stepcast-uploads',
  status: 'stepcast-status',
  firstLogins: 'stepcast-first-logins',
  callers: 'stepcast-callers',
  reconcile: 'stepcast-reconcile',
} as const;
export const alarmNameOf = (what: string): string => `stepcast-${what}`;

/** Port of every container; the Dockerfile says the same. */
export const CONTAINER_PORT = 8080;
/** One for an account and region, as the rest. */
export const dashboardNameOf = (): string => 'stepcast';
export const ALARM_TOPIC_NAME = 'stepcast-alarms';
