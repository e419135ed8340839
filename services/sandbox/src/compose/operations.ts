import { randomBytes } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import fastifyStatic from '@fastify/static';
import { topicSpace } from '@stepcast/contracts';
import { isToken } from '@stepcast/forwarder';
import {
  createHopRecorder,
  createOperationsApi,
  createSqsOperatorQueues,
  operatorOfSandbox,
  registerOperationsApi,
} from '@stepcast/operations';
import { systemClock, systemTimers, type Lifecycle, type Logger, type Metrics } from '@stepcast/kit';
import { OPERATOR_ROLE_NAME } from '@stepcast/policies';
import { JOURNAL_TABLE_NAME, TOKEN_HEADER } from '@stepcast/wire';
import type { FastifyInstance } from 'fastify';
import type { SandboxConfig } from '../config.ts';
import type { Access } from './access.ts';
import { clientOptions } from './inner-services.ts';
import { MQTT_PATH, PREFIXES, type Place } from './place.ts';

export const OPERATIONS_PATH = '/ops/';
/** Half an hour fits into what the recorder holds. */
const SAMPLE_MS = 2_000;
/** Reading this table costs nothing. */
const POLL = { queuesMs: 2_000, tableMs: 4_000 };

export interface OperationsOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Address of this sandbox, for people. */
  readonly url: string;
  /** `http://127.0.0.1:port`: the page's service reaches the sandbox as it would reach AWS. */
  readonly baseUrl: string;
  readonly token: string;
  readonly metrics: () => readonly Metrics[];
  /** The built page; without one there is only its API. */
  readonly pageDirectory: string | undefined;
}

/** The operators' page at `/ops/`, and its API, for those who have the token: the page shows everybody's data. */
export async function addOperations(server: FastifyInstance, options: OperationsOptions): Promise<void> {
  const { config, place, access, logger, lifecycle, url, baseUrl, token, metrics, pageDirectory } = options;
  const at = (path: string) => `${baseUrl}${path}`;
  const operator = operatorOfSandbox(
    {
      place: `the sandbox at ${url}`,
      region: place.region,
      accountId: place.accountId,
      topics: topicSpace(config.topicNamespace),
      tableName: JOURNAL_TABLE_NAME,
      endpoints: {
        dynamodb: at(PREFIXES.dynamodb),
        sqs: at(PREFIXES.sqs),
        stepFunctions: at(PREFIXES.stepFunctions),
        mqttWss: `${baseUrl.replace(/^http/, 'ws')}${MQTT_PATH}`,
      },
      key: access.operator,
    },
    { clock: systemClock, timers: systemTimers, newId: () => randomBytes(8).toString('hex') },
  );
  // It stands in for CloudWatch, which needs nobody's rights.
  const sqs = new SQSClient(clientOptions(place, baseUrl, PREFIXES.sqs, access.root));
  const measures = createHopRecorder({
    queues: createSqsOperatorQueues(sqs, (name) => at(`${PREFIXES.sqs}/${place.accountId}/${name}`)),
    metrics: async () => (await Promise.all(metrics().map((one) => one.text()))).join('\n'),
    clock: systemClock,
  });
  let sampling: Promise<void> | undefined;
  const timer = setInterval(() => {
    sampling ??= measures.sample().finally(() => {
      sampling = undefined;
    });
  }, SAMPLE_MS);
  lifecycle.onStop('operations', () => {
    clearInterval(timer);
    operator.close();
    sqs.destroy();
    return Promise.resolve();
  });

  const caller = `arn:aws:sts::${place.accountId}:assumed-role/${OPERATOR_ROLE_NAME}/page`;
  await registerOperationsApi(server, {
    api: createOperationsApi({
      operator,
      measures,
      logger: logger.child({ part: 'operations' }),
      poll: POLL,
    }),
    callerOf: (headers) => (isToken(headers[TOKEN_HEADER], token) ? caller : undefined),
    refusal: `the token in ${TOKEN_HEADER} is missing or wrong; the sandbox printed it when it started`,
  });
  if (pageDirectory === undefined) return;
  await server.register(fastifyStatic, {
    root: pageDirectory,
    preCompressed: true,
    prefix: OPERATIONS_PATH,
    decorateReply: false,
    setHeaders: (reply, path) => {
      void reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  server.get('/ops', (_request, reply) => reply.redirect(OPERATIONS_PATH));
}
