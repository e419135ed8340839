/** Settings of the deployments that the tests use. */
const least = {
  stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
  iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
  origins: ['https://app.example.com'],
};

const everything = {
  ...least,
  logLevel: 'warn' as const,
  logRetentionDays: 90 as const,
  retentionDays: 60,
  startMode: 'managed' as const,
  guests: true,
  guestUploads: true,
  firstLogins: true,
  showWorkflows: true,
  cloudTrailProof: true,
  feedEventBus: 'back-office',
  signedProvisioning: true,
  keyTemplate: 'private/{identityId}/',
  topicNamespace: 'acme/progress',
  kvs: {
    channelPattern: 'session-*',
    speakerRoleName: 'stepcast-speaker',
    listenerRoleName: 'stepcast-listener',
  },
};

export const VARIANTS = {
  /** Only what has no default. */
  plain: least,
  /** With everything that can be added. */
  full: {
    ...everything,
    alarmTopicArn: 'arn:aws:sns:us-east-1:111122223333:operators',
    size: 'large' as const,
    wayOut: 'natGateway' as const,
    containerInsights: true,
  },
  /** The same, small. */
  fullSmall: {
    ...everything,
    alarmEmail: 'operators@example.com',
    reports: { logGroupNames: ['/aws/lambda/resize', '/ecs/ocr'] },
  },
  /** Beside what exists. */
  existing: {
    ...least,
    size: 'large' as const,
    architecture: 'x86_64' as const,
    retainedPerSecond: 1_000,
    collector: { endpoint: 'http://collector.internal:4318', tracesShare: 0.1 },
    alarms: 'all' as const,
    metrics: 'all' as const,
    dashboard: false,
    runbookUrl: 'https://wiki.example.com/stepcast/runbook',
    reports: { logGroupNames: ['/aws/lambda/resize'], token: 'a-token-of-our-own-making' },
    projections: [{ name: 'pages', on: 'output' as const, expression: 'pages' }],
    ownership: { inputPaths: [{ bucket: 'document.input_bucket', key: 'document.input_key' }] },
    copies: { correlator: 3, publisher: { min: 1, max: 5 } },
    userPool: { userPoolId: 'us-east-1_Ab3dEf9Gh', userPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z' },
    identityPool: {
      identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
      authenticatedRoleName: 'web-app-signed-in',
      guestRoleName: 'web-app-guest',
    },
    bucket: 'uploads-of-ours',
    feedEventBus: 'arn:aws:events:us-east-1:444455556666:event-bus/shared',
    logGroupName: '/aws/vendedlogs/states/ours',
    logging: { executionData: false },
    network: {
      vpcId: 'vpc-0a1b2c3d',
      subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'],
      availabilityZones: ['us-east-1a', 'us-east-1b'],
    },
  },
};

/** Name of the template in which Stepcast is a part of somebody's own stack. */
export const OWN = 'own';
/** The same with nothing that has a default: what the README shows. */
export const LEAST_OWN = 'least-own';
