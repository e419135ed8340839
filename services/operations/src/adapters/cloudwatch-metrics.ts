import { Sha256 } from '@aws-crypto/sha256-js';
import { asError, type Clock } from '@stepcast/kit';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { PlaceUnreachableError, RightsMissingError } from '../errors.ts';
import type { BrokerCredentials } from './mqtt-broker.adapter.ts';

const TIMEOUT_MS = 10_000;
const PERIOD_SECONDS = 60;
const datapoint = /<member>(?:(?!<\/member>).){0,500}<\/member>/gs;
const timestamp = /<Timestamp>([^<]{1,40})<\/Timestamp>/;
const statistic = /<(?:Maximum|Sum)>([^<]{1,40})<\/(?:Maximum|Sum)>/;

export interface CloudWatchOptions {
  /** `https://monitoring.REGION.amazonaws.com` */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: () => Promise<BrokerCredentials>;
  readonly clock: Clock;
}

/** A value of one minute. */
export interface DataPoint {
  readonly atMs: number;
  readonly value: number;
}

/** Asks for a metric of a queue, minute by minute, oldest first. @throws RightsMissingError, PlaceUnreachableError */
export type QueueMetrics = (
  queue: string,
  metric: 'ApproximateAgeOfOldestMessage' | 'NumberOfMessagesDeleted',
  windowMs: number,
) => Promise<readonly DataPoint[]>;

/** Metrics of SQS by CloudWatch's Query protocol, for which no SDK client is needed. Known from its API reference only. */
export function createQueueMetrics({
  endpoint,
  region,
  credentials,
  clock,
}: CloudWatchOptions): QueueMetrics {
  async function keys() {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }

  return async (queue, metric, windowMs) => {
    const nowMs = clock.nowMs();
    const body = new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/SQS',
      MetricName: metric,
      'Dimensions.member.1.Name': 'QueueName',
      'Dimensions.member.1.Value': queue,
      StartTime: new Date(nowMs - windowMs).toISOString(),
      EndTime: new Date(nowMs).toISOString(),
      Period: String(PERIOD_SECONDS),
      'Statistics.member.1': metric === 'ApproximateAgeOfOldestMessage' ? 'Maximum' : 'Sum',
    }).toString();
    const url = new URL(endpoint);
    const signer = new SignatureV4({
      service: 'monitoring',
      region,
      sha256: Sha256,
      credentials: await keys(),
    });
    const signed = await signer.sign(
      new HttpRequest({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: '/',
        headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      }),
    );
    return pointsOf(await post(url, signed.headers, body));
  };
}

async function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (thrown) {
    throw new PlaceUnreachableError(`cloudwatch:GetMetricStatistics failed: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
  if (response.ok) return text;
  if (response.status === 403)
    throw new RightsMissingError('not allowed: your credentials lack cloudwatch:GetMetricStatistics', [
      '"stepcast permission-set --for operate" prints what operators need.',
    ]);
  throw new PlaceUnreachableError(`cloudwatch:GetMetricStatistics failed: HTTP ${response.status}`);
}

/** They come in no order. */
function pointsOf(xml: string): readonly DataPoint[] {
  return [...xml.matchAll(datapoint)]
    .flatMap(([point]) => {
      const atMs = Date.parse(timestamp.exec(point)?.[1] ?? '');
      const value = Number(statistic.exec(point)?.[1] ?? Number.NaN);
      return Number.isFinite(atMs) && Number.isFinite(value) ? [{ atMs, value }] : [];
    })
    .toSorted((one, other) => one.atMs - other.atMs);
}
