import { deploymentNames, type DeploymentNames } from '@stepcast/wire';

/** Of the deployment of a run: beside it, the account may have a Stepcast of its own. */
export const STAGE = 'verify';

/** Of the stack, and first in the name of all that it makes. */
export const STACK_NAME = deploymentNames({ stage: STAGE }).prefix;

export const namesIn = (region: string): DeploymentNames => deploymentNames({ stage: STAGE, region });
