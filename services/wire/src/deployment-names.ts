import {
  AUTHENTICATED_ROLE_NAME,
  FIRST_LOGINS_QUEUE_NAME,
  GUEST_ROLE_NAME,
  IOT_POLICY_NAME,
  JOURNAL_TABLE_NAME,
  NAME_PREFIX,
  PROVISIONER_FUNCTION_NAMES,
  QUEUE_NAMES,
  RULE_NAMES,
  SIGNED_PROVISIONER_NAME,
  UNDELIVERED_QUEUE_NAMES,
} from './names.ts';

/**
 * A stage is one word: were a hyphen allowed, rights on `stepcast-dev-*` would reach the stage `dev-two`. Twelve characters
 * leave room for the longest name of a role (64) and of a bucket (63).
 */
export const stageShape = /^[a-z][a-z0-9]{0,11}$/;

/** First words of names without a stage: rights on the names of such a stage would reach these. */
const RESERVED_STAGES: ReadonlySet<string> = new Set([
  'api',
  'app',
  'alarms',
  'authenticated',
  'callers',
  'correlator',
  'dead',
  'delivery',
  'engine',
  'events',
  'execution',
  'first',
  'forwarder',
  'guest',
  'identity',
  'journal',
  'kvs',
  'listener',
  'log',
  'operator',
  'progress',
  'provisioner',
  'publisher',
  'reconcile',
  'speaker',
  'status',
  'task',
  'undelivered',
  'uploads',
]);

/** Whether a text can be a stage. */
export const isStage = (text: string): boolean => stageShape.test(text) && !RESERVED_STAGES.has(text);

/** Which deployment of an account. */
export interface DeploymentId {
  /** A word such as `dev`; without one, names have no stage. */
  readonly stage?: string | undefined;
  /** In the names of roles, which are one for all regions of an account. Without it they have none, as in the sandbox. */
  readonly region?: string | undefined;
}

/** Everything of a deployment that has a name of its own. */
export interface DeploymentNames {
  /** What every name begins with: `stepcast`, or `stepcast-{stage}`. */
  readonly prefix: string;
  readonly queues: Readonly<Record<keyof typeof QUEUE_NAMES, string>>;
  readonly firstLoginsQueue: string;
  readonly undeliveredQueues: Readonly<Record<keyof typeof UNDELIVERED_QUEUE_NAMES, string>>;
  readonly rules: Readonly<Record<keyof typeof RULE_NAMES, string>>;
  readonly journalTable: string;
  readonly iotPolicy: string;
  readonly signedProvisioner: string;
  readonly provisionerFunctions: Readonly<Record<keyof typeof PROVISIONER_FUNCTION_NAMES, string>>;
  /** First levels of every topic: an account and region has one broker for all stages. */
  readonly topicNamespace: string;
  readonly roles: { readonly authenticated: string; readonly guest: string };
  /** Anything else: `stepcast-{what}`. */
  named(what: string): string;
  /** A role: the same with the region. */
  role(what: string): string;
  /** A role by its name without the region. */
  roleOf(name: string): string;
  /** The bucket for uploads, whose name is one for all accounts. */
  bucket(accountId: string, region: string): string;
}

/**
 * The names of one deployment. Deployment, policies, doctor and permission sets all have them from here, so two stages and
 * two regions of an account do not meet.
 */
export function deploymentNames({ stage, region }: DeploymentId = {}): DeploymentNames {
  const prefix = stage === undefined ? NAME_PREFIX : `${NAME_PREFIX}-${stage}`;
  const staged = (name: string) => `${prefix}${name.slice(NAME_PREFIX.length)}`;
  const named = (what: string) => `${prefix}-${what}`;
  const roleOf = (name: string) => (region === undefined ? name : `${name}-${region}`);
  return {
    prefix,
    queues: {
      uploads: staged(QUEUE_NAMES.uploads),
      status: staged(QUEUE_NAMES.status),
      events: staged(QUEUE_NAMES.events),
      progress: staged(QUEUE_NAMES.progress),
      deadLetters: staged(QUEUE_NAMES.deadLetters),
    },
    firstLoginsQueue: staged(FIRST_LOGINS_QUEUE_NAME),
    undeliveredQueues: {
      standard: staged(UNDELIVERED_QUEUE_NAMES.standard),
      fifo: staged(UNDELIVERED_QUEUE_NAMES.fifo),
    },
    rules: {
      uploads: staged(RULE_NAMES.uploads),
      status: staged(RULE_NAMES.status),
      firstLogins: staged(RULE_NAMES.firstLogins),
      callers: staged(RULE_NAMES.callers),
      reconcile: staged(RULE_NAMES.reconcile),
    },
    journalTable: staged(JOURNAL_TABLE_NAME),
    iotPolicy: staged(IOT_POLICY_NAME),
    signedProvisioner: staged(SIGNED_PROVISIONER_NAME),
    provisionerFunctions: {
      byToken: staged(PROVISIONER_FUNCTION_NAMES.byToken),
      reconcile: staged(PROVISIONER_FUNCTION_NAMES.reconcile),
      firstLogins: staged(PROVISIONER_FUNCTION_NAMES.firstLogins),
    },
    topicNamespace: `${prefix}/v1`,
    roles: {
      authenticated: roleOf(staged(AUTHENTICATED_ROLE_NAME)),
      guest: roleOf(staged(GUEST_ROLE_NAME)),
    },
    named,
    role: (what) => roleOf(named(what)),
    roleOf,
    bucket: (accountId, ofRegion) => `${named('uploads')}-${accountId}-${ofRegion}`,
  };
}
