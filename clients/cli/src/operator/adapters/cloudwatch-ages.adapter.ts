import { Sha256 } from '@aws-crypto/sha256-js';
import { asError, type Clock } from '@stepcast/kit';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { PlaceUnreachableError, RightsMissingError } from '../errors.ts';
import type { QueueAges } from '../ports.ts';
import type { BrokerCredentials } from './mqtt-broker.adapter.ts';

/** Where nothing measures how old messages are: the sandbox has no CloudWatch. */
export const noAges: QueueAges = { oldest: () => Promise.resolve(undefined) };

const TIMEOUT_MS = 10_000;
/** SQS reports once a minute; a value of the last five counts. */
const WINDOW_MS = 5 * 60_000;
const PERIOD_SECONDS = 60;
const datapoint = /<member>(?:(?!<\/member>).){0,500}<\/member>/gs;
const timestamp = /<Timestamp>([^<]{1,40})<\/Timestamp>/;
const maximum = /<Maximum>([^<]{1,40})<\/Maximum>/;

/**
 * Ages of the oldest messages, as SQS reports them to CloudWatch (`ApproximateAgeOfOldestMessage`). By CloudWatch's Query
 * protocol, for which no SDK client is needed. Known from its API reference only.
 */
export function createCloudWatchAges(options: {
  /** `https://monitoring.REGION.amazonaws.com` */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: () => Promise<BrokerCredentials>;
  readonly clock: Clock;
}): QueueAges {
  const { endpoint, region, credentials, clock } = options;

  async function oldestOf(queue: string): Promise<number | undefined> {
    const nowMs = clock.nowMs();
    const body = new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      'Dimensions.member.1.Name': 'QueueName',
      'Dimensions.member.1.Value': queue,
      StartTime: new Date(nowMs - WINDOW_MS).toISOString(),
      EndTime: new Date(nowMs).toISOString(),
      Period: String(PERIOD_SECONDS),
      'Statistics.member.1': 'Maximum',
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
    const text = await post(url, signed.headers, body);
    return newestMaximum(text);
  }

  async function keys() {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }

  return {
    async oldest(names) {
      const ages = await Promise.all(names.map(async (name) => [name, await oldestOf(name)] as const));
      return new Map(ages.flatMap(([name, ms]) => (ms === undefined ? [] : [[name, ms] as const])));
    },
  };
}

async function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (thrown) {
    throw new PlaceUnreachableError(`cloudwatch:GetMetricStatistics failed: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
  const text = await response.text();
  if (response.ok) return text;
  if (response.status === 403)
    throw new RightsMissingError('not allowed: your credentials lack cloudwatch:GetMetricStatistics', [
      '"stepcast permission-set --for operate" prints what operators need.',
    ]);
  throw new PlaceUnreachableError(`cloudwatch:GetMetricStatistics failed: HTTP ${response.status}`);
}

/** The value of the newest data point in milliseconds; they come in no order. */
function newestMaximum(xml: string): number | undefined {
  const points = [...xml.matchAll(datapoint)].flatMap(([point]) => {
    const [at, value] = [timestamp.exec(point)?.[1], maximum.exec(point)?.[1]];
    return at === undefined || value === undefined ? [] : [{ at, ms: Number(value) * 1_000 }];
  });
  return points.toSorted((one, other) => (one.at < other.at ? 1 : -1))[0]?.ms;
}
