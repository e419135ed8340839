import {
  describeIssues,
  keyTemplate,
  parseJson,
  WorkflowOutline,
  type KeyTemplate,
} from '@stepcast/contracts';
import * as z from 'zod/mini';

const Address = z.url();

/** What the page needs of `GET /sandbox.json`. More may be there. */
const SandboxJson = z.object({
  region: z.string(),
  identityPoolId: z.string(),
  userPoolId: z.string(),
  userPoolClientId: z.string(),
  users: z
    .array(z.object({ username: z.string().check(z.minLength(1)), password: z.string() }))
    .check(z.minLength(1)),
  bucket: z.string(),
  keyTemplate: z.string(),
  topicNamespace: z.string(),
  /** States whose tasks made-up answers stand in for. */
  standInStates: z.optional(z.array(z.string())),
  /** Whether people are let in without signing in. */
  guests: z.boolean(),
  /** How to speak of the workflow that uploads start. */
  workflow: z.object({
    name: z.string(),
    about: z.string(),
    accept: z.string(),
    isExample: z.boolean(),
    /** What a picture of it is drawn from; null where it is too large for one. */
    outline: z.nullable(WorkflowOutline),
  }),
  endpoints: z.object({
    cognitoIdp: Address,
    cognitoIdentity: Address,
    s3: Address,
    mqttWss: Address,
    provisioner: Address,
  }),
});

export interface SandboxConfig extends Omit<z.infer<typeof SandboxJson>, 'keyTemplate'> {
  readonly keyTemplate: KeyTemplate;
}

/** Thrown when the page cannot learn where it is. */
export class SandboxConfigError extends Error {
  readonly code = 'DEMO_SANDBOX_CONFIG';
  readonly retryable = true;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SandboxConfigError';
  }
}

/** @throws SandboxConfigError saying which field is missing or wrong */
export function parseSandboxConfig(text: string): SandboxConfig {
  const parsed = parseJson(SandboxJson, text);
  if (!parsed.ok)
    throw new SandboxConfigError(`/sandbox.json is not usable: ${describeIssues(parsed.issues)}`);
  return { ...parsed.value, keyTemplate: keyTemplate(parsed.value.keyTemplate) };
}

/** Asks the sandbox that serves this page. */
export async function loadSandboxConfig(): Promise<SandboxConfig> {
  let response: Response;
  try {
    response = await fetch('/sandbox.json', { cache: 'no-store' });
  } catch (error) {
    throw new SandboxConfigError('The sandbox does not answer. Is it still running?', { cause: error });
  }
  if (!response.ok)
    throw new SandboxConfigError(`The sandbox answered /sandbox.json with HTTP ${response.status}.`);
  return parseSandboxConfig(await response.text());
}

/** Whether the sandbox that serves this page still runs. */
export async function sandboxAnswers(): Promise<boolean> {
  try {
    await fetch('/sandbox.json', { cache: 'no-store', signal: AbortSignal.timeout(3_000) });
    return true;
  } catch {
    return false;
  }
}
