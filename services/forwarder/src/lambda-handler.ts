import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { parseValue } from '@stepcast/contracts';
import { errorFields, isRetryable, type Logger } from '@stepcast/kit';
import * as z from 'zod';
import type { Forwarder, ForwardReport } from './application/forward-payload.ts';

/** The part of a Kinesis record that is read (Lambda developer guide, "Using Lambda with Kinesis"). */
const KinesisRecord = z.looseObject({
  kinesis: z.looseObject({ data: z.string(), sequenceNumber: z.string() }),
});
const KinesisEvent = z.object({ Records: z.array(KinesisRecord).min(1) });

/** With `ReportBatchItemFailures`, Lambda takes up the stream again at the first of these. */
export interface KinesisResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}
export type LambdaResult = ForwardReport | KinesisResult;

/**
 * What the Lambda function does with an event, without the environment around it.
 *
 * One subscription payload is taken as a whole or fails as a whole. Of a Kinesis batch (one payload a record) those that
 * failed are reported for Lambda to bring again; one that can never work goes to the dead-letter queue, where it does
 * not block its shard.
 */
export function createLambdaHandler(options: {
  readonly forwarder: Forwarder;
  readonly logger: Logger;
}): (event: unknown) => Promise<LambdaResult> {
  const { forwarder, logger } = options;

  async function takeRecord({ kinesis }: z.infer<typeof KinesisRecord>): Promise<void> {
    try {
      await forwarder.handle(Buffer.from(kinesis.data, 'base64'));
    } catch (thrown) {
      if (isRetryable(thrown)) {
        logger.error(errorFields(thrown), 'kinesis record not forwarded');
        throw thrown;
      }
      await forwarder.giveUp(thrown, kinesis.data);
    }
  }

  return async (event) => {
    const kinesis = parseValue(KinesisEvent, event);
    if (!kinesis.ok) return forwarder.handle(event);
    // A processor holds the results of one batch, so each invocation has its own. One record after the other: memory
    // is bounded by the largest payload, not by the batch.
    return processPartialResponse(
      kinesis.value,
      takeRecord,
      new BatchProcessor(EventType.KinesisDataStreams),
      { processInParallel: false, throwOnFullBatchFailure: false },
    );
  };
}
