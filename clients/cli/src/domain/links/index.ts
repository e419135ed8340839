import { type Link } from '../link.ts';
import { bucketEvents, cors, guestUploads, names } from './bucket.ts';
import { poolId, poolProvider, poolRegion, userPool } from './identity-pool.ts';
import { iotAuthorization, iotClientId, iotPersistentSession } from './iot-connect.ts';
import { iotAttachment, iotPolicy, iotTopicfilter, iotWildcards } from './iot-policy.ts';
import { bucketPolicy, keyPrefix, prefixProbe, roleIsolation } from './isolation.ts';
import { kvsActions, kvsGuest, kvsMaster, kvsScope } from './kvs.ts';
import { logResourcePolicy, subscription } from './logs.ts';
import { poolRoles } from './pool-roles-link.ts';
import { deadLetters, queuePolicy, queuesExist } from './queues.ts';
import { roleAdmin } from './role-admin.ts';
import { roleGuest, roleIot, roleS3 } from './role-rights.ts';
import { roleTrust } from './role-trust.ts';
import { shownWorkflows } from './shown-workflows.ts';
import { stackIsThere } from './stack.ts';
import { settingsSecrets, settingsValues } from './settings.ts';
import { caller, ssoAccount, ssoCredentials, ssoLogin, ssoProfile, ssoRole } from './sso.ts';
import { workflowInputs } from './workflow-inputs.ts';
import { workflowLinks } from './workflow.ts';

/** The chain, in the order in which one link hangs on another: operator, settings, identity, role, broker, bucket, workflow. */
export function allLinks(nowMs: () => number): readonly Link[] {
  return [
    ssoProfile,
    ssoLogin(nowMs),
    ssoAccount,
    ssoRole,
    ssoCredentials,
    caller,
    stackIsThere,
    names,
    settingsValues,
    settingsSecrets,
    poolId,
    poolRegion,
    userPool,
    poolProvider,
    poolRoles,
    roleTrust,
    roleAdmin,
    roleIot,
    roleS3,
    roleGuest,
    roleIsolation,
    iotPolicy,
    iotAttachment,
    iotWildcards,
    iotTopicfilter,
    iotClientId,
    iotPersistentSession,
    iotAuthorization,
    keyPrefix,
    bucketPolicy,
    prefixProbe,
    guestUploads,
    cors,
    bucketEvents,
    kvsActions,
    kvsScope,
    kvsMaster,
    kvsGuest,
    ...workflowLinks,
    workflowInputs,
    shownWorkflows,
    logResourcePolicy,
    subscription,
    queuesExist,
    queuePolicy,
    deadLetters,
  ];
}
