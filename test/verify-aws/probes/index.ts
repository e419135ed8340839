import { type ProbeName } from '../facts.ts';
import { type Probe } from '../probe.ts';
import { attachUnknown, connectWithoutPolicy, oldSignature, refusedPublish } from './broker.ts';
import { openIdToken, setPoolRoles } from './cognito.ts';
import { largePublish, retainedTwice } from './data-plane.ts';
import {
  expressChildren,
  filterWithoutPermission,
  logsTruncated,
  logsWithoutData,
  mapChildren,
} from './logs.ts';
import { bucketKey } from './storage.ts';

/** In the order in which they run. `oddKey` and `expressUpload` are uploads of the run's own. */
export const PROBES: Readonly<Record<Exclude<ProbeName, 'oddKey' | 'expressUpload'>, Probe>> = {
  bucketKey,
  connectWithoutPolicy,
  setPoolRoles,
  openIdToken,
  attachUnknown,
  refusedPublish,
  oldSignature,
  largePublish,
  retainedTwice,
  filterWithoutPermission,
  logsWithoutData,
  logsTruncated,
  expressChildren,
  mapChildren,
};
