import { sandboxPort } from './config.ts';
import { startTestSandbox } from './sandbox.ts';

/**
 * A sandbox in a process of its own, to be killed: `node sandbox-process.ts OPTION…`, the options of `npm start`. Says one line of JSON
 * when it is ready: where Step Functions is, and the root's key, which a person's client would not have.
 */
const { info, access } = await startTestSandbox({
  argv: process.argv.slice(2),
  environment: { PORT: sandboxPort() },
});
const { accessKeyId, secretAccessKey } = access.root;
process.stdout.write(
  `READY ${JSON.stringify({
    stateMachineArn: info.stateMachineArn,
    bucket: info.bucket,
    s3: info.endpoints.s3,
    endpoint: info.endpoints.stepFunctions,
    region: info.region,
    credentials: { accessKeyId, secretAccessKey },
  })}\n`,
);
