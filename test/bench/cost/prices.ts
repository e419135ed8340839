/** What AWS asks for one unit of something, and where it says so. */
export interface Price {
  readonly dollars: number;
  readonly unit: string;
  readonly source: string;
}

const MILLION = 1_000_000;

const IOT = 'https://aws.amazon.com/iot-core/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const SQS = 'https://aws.amazon.com/sqs/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const EVENTBRIDGE = 'https://aws.amazon.com/eventbridge/pricing/';
const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const VPC = 'https://aws.amazon.com/vpc/pricing/';

/** List prices in us-east-1, first tier, without the free tier. */
export const PRICES = {
  iotMessage: { dollars: 1 / MILLION, unit: 'message of up to 5 KB', source: IOT },
  iotMinute: { dollars: 0.08 / MILLION, unit: 'minute of a connection', source: IOT },
  writeUnit: { dollars: 0.625 / MILLION, unit: 'write request unit (1 KB)', source: DYNAMODB },
  readUnit: { dollars: 0.125 / MILLION, unit: 'read request unit (4 KB, consistent)', source: DYNAMODB },
  tableGbMonth: { dollars: 0.25, unit: 'GB stored for a month', source: DYNAMODB },
  recoveryGbMonth: { dollars: 0.2, unit: 'GB of point-in-time recovery for a month', source: DYNAMODB },
  standardRequest: { dollars: 0.4 / MILLION, unit: 'request to a standard queue (64 KB)', source: SQS },
  fifoRequest: { dollars: 0.5 / MILLION, unit: 'request to a FIFO queue (64 KB)', source: SQS },
  invocation: { dollars: 0.2 / MILLION, unit: 'invocation of a function', source: LAMBDA },
  functionGbSecond: { dollars: 0.0000133334, unit: 'GB-second of a function on ARM', source: LAMBDA },
  logGb: { dollars: 0.5, unit: 'GB of logs ingested', source: CLOUDWATCH },
  alarm: { dollars: 0.1, unit: 'metric that an alarm reads, for a month', source: CLOUDWATCH },
  customMetric: { dollars: 0.3, unit: 'metric of one’s own, for a month', source: CLOUDWATCH },
  dashboard: {
    dollars: 3,
    unit: 'dashboard for a month, from the fourth of an account on',
    source: CLOUDWATCH,
  },
  serviceEvent: { dollars: 1 / MILLION, unit: 'opt-in event of a service (S3)', source: EVENTBRIDGE },
  armCpuHour: { dollars: 0.03238, unit: 'vCPU-hour on ARM', source: FARGATE },
  armGbHour: { dollars: 0.00356, unit: 'GB-hour on ARM', source: FARGATE },
  x86CpuHour: { dollars: 0.04048, unit: 'vCPU-hour on x86', source: FARGATE },
  x86GbHour: { dollars: 0.004445, unit: 'GB-hour on x86', source: FARGATE },
  ipv4Hour: { dollars: 0.005, unit: 'hour of a public IPv4 address', source: VPC },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** An amount of something that has a price. */
export interface Use {
  readonly service: string;
  readonly what: string;
  readonly price: PriceName;
  readonly amount: number;
}

export function dollarsOf(uses: readonly Use[]): number {
  return uses.reduce((sum, { price, amount }) => sum + PRICES[price].dollars * amount, 0);
}
