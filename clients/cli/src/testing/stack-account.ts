import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface StackAccount {
  readonly endpoint: string;
  /** IAM actions in the order in which they were asked for, each with the resource that IAM decides on. */
  readonly calls: { readonly action: string; readonly resource: string }[];
  /** Who has the IoT policy. */
  readonly attached: string[];
  readonly stack: { status: string };
  /** How often the deletion fails because AWS IoT takes the policy to be attached. */
  refusals: number;
  close(): Promise<void>;
}

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
export const STACK_ID = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/stepcast-dev/0a1b2c3d-0000-4000-8000-000000000001`;
const POLICY = 'stepcast-dev-identity';
const PAGE = 2;

export const OUTPUTS = {
  Stage: 'dev',
  Bucket: 'stepcast-dev-uploads-111122223333-us-east-1',
  JournalTable: 'stepcast-dev-journal',
  IotPolicyName: POLICY,
  UserPoolId: 'us-east-1_Ab3dEf9Gh',
  UserPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z',
  IdentityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
};
const RESOURCES = [
  ['Policy', 'AWS::IoT::Policy'],
  ['Roles', 'AWS::Cognito::IdentityPoolRoleAttachment'],
  ['Events', 'AWS::SQS::Queue'],
] as const;

/** An account with one stack and an IoT policy, over the wire of CloudFormation and AWS IoT. */
export async function openStackAccount(people: readonly string[]): Promise<StackAccount> {
  const account: Omit<StackAccount, 'endpoint' | 'close'> = {
    calls: [],
    attached: [...people],
    stack: { status: 'CREATE_COMPLETE' },
    refusals: 0,
  };
  const policyArn = `arn:aws:iot:${REGION}:${ACCOUNT}:policy/${POLICY}`;
  const cloudFormation: Readonly<Record<string, () => string>> = {
    DescribeStacks: () =>
      `<Stacks><member><StackId>${STACK_ID}</StackId><StackName>stepcast-dev</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>${account.stack.status}</StackStatus><Outputs>${Object.entries(
        account.stack.status.startsWith('ROLLBACK') ? {} : OUTPUTS,
      )
        .map(
          ([key, value]) =>
            `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
        )
        .join('')}</Outputs></member></Stacks>`,
    ListStackResources: () =>
      `<StackResourceSummaries>${RESOURCES.map(
        ([id, type]) =>
          `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>${type}</ResourceType><LastUpdatedTimestamp>2026-11-01T00:00:00Z</LastUpdatedTimestamp><ResourceStatus>${
            account.stack.status === 'DELETE_FAILED' && type === 'AWS::IoT::Policy'
              ? 'DELETE_FAILED'
              : account.stack.status === 'DELETE_COMPLETE'
                ? 'DELETE_COMPLETE'
                : 'CREATE_COMPLETE'
          }</ResourceStatus></member>`,
      ).join('')}</StackResourceSummaries>`,
    DeleteStack: () => {
      const holds = account.attached.length > 0 || account.refusals > 0;
      if (account.refusals > 0) account.refusals -= 1;
      account.stack.status = holds ? 'DELETE_FAILED' : 'DELETE_COMPLETE';
      return '';
    },
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const url = new URL(request.url ?? '/', 'http://aws');
      const action = new URLSearchParams(body).get('Action') ?? '';
      const answer = cloudFormation[action];
      if (answer !== undefined) {
        account.calls.push({ action: `cloudformation:${action}`, resource: STACK_ID });
        response.writeHead(200, { 'content-type': 'text/xml' });
        response.end(`<${action}Response><${action}Result>${answer()}</${action}Result></${action}Response>`);
        return;
      }
      response.setHeader('content-type', 'application/json');
      if (url.pathname === `/policy-targets/${POLICY}`) {
        account.calls.push({ action: 'iot:ListTargetsForPolicy', resource: policyArn });
        const from = Number(url.searchParams.get('marker') ?? 0);
        const next = from + PAGE;
        response.end(
          JSON.stringify({
            targets: account.attached.slice(from, next),
            ...(next < account.attached.length ? { nextMarker: String(next) } : {}),
          }),
        );
        return;
      }
      if (url.pathname === `/target-policies/${POLICY}`) {
        const target = /"target":"([^"]+)"/.exec(body)?.[1] ?? '';
        account.calls.push({ action: 'iot:DetachPolicy', resource: target });
        account.attached.splice(account.attached.indexOf(target), 1);
        response.end('{}');
        return;
      }
      response.writeHead(501);
      response.end(JSON.stringify({ message: `${request.method ?? ''} ${url.pathname} ${action}` }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return Object.assign(account, {
    endpoint: typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '',
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}
