import { cognitoCredentials, createProgressClient } from '@stepcast/web';

const config = JSON.parse(process.argv[2] ?? '{}');
const { region, bucket, endpoints } = config;
const idToken = () => Promise.resolve(config.idToken);
const client = createProgressClient({
  region,
  endpoint: endpoints.mqttWss,
  credentials: cognitoCredentials({
    region,
    identityPoolId: config.identityPoolId,
    endpoint: endpoints.cognitoIdentity,
    logins: async () => ({ [config.loginProvider]: await idToken() }),
  }),
  provisioning: { url: `${endpoints.provisioner}/v1/provision`, idToken },
  s3: { endpoint: endpoints.s3 },
});

await client.whenLive({ signal: AbortSignal.timeout(30_000) });
const file = new File(['one two three\nfour'], 'words.txt', { type: 'text/plain' });
const key = await client.keyFor(file, { bucket });
const tracker = client.trackUpload({ bucket, key, file, signal: AbortSignal.timeout(60_000) });
const phases = new Set();
for await (const { phase } of tracker) phases.add(phase);
const { status, steps } = await tracker.done;
console.log(JSON.stringify({ phases: [...phases], status, steps: steps.map(({ name }) => name) }));
await client.close();
