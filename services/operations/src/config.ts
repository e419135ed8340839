import { DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import { ENV, isStage, JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { LOG_LEVELS, readConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';

const OperationsConfig = z.object({
  /** Least severe log lines that are written. */
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** AWS region of the deployment. */
  region: z.string().min(1),
  /** DynamoDB table of streams and executions. */
  journalTable: z.string().min(1).default(JOURNAL_TABLE_NAME),
  topicNamespace: z.string().default(DEFAULT_TOPIC_NAMESPACE),
  /** Stage of the deployment, where the names of its queues have one. */
  stage: z.string().refine(isStage, 'is no stage such as dev').optional(),
  /** Group that an operator's token has to name, where the authorizer takes tokens; without it only callers that IAM let in. */
  group: z.string().min(1).optional(),
});
export type OperationsConfig = z.infer<typeof OperationsConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readOperationsConfig(environment: Environment): OperationsConfig {
  return readConfig(
    OperationsConfig,
    {
      logLevel: ENV.logLevel,
      region: 'AWS_REGION',
      journalTable: ENV.journalTable,
      topicNamespace: ENV.topicNamespace,
      stage: 'STEPCAST_STAGE',
      group: 'STEPCAST_OPERATORS_GROUP',
    },
    environment,
  );
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
