import { mask } from '@stepcast/operations';
import { accessDenied } from './access-denied.ts';
import { type Decoder, type Explanation } from './explanation.ts';
import { knownTexts } from './texts.ts';

export { type Explanation } from './explanation.ts';

const decoders: readonly Decoder[] = [accessDenied, ...knownTexts];

/** A pasted log can be long; the message is near its beginning or its end. */
const MAX_CHARACTERS = 20_000;

/** Says what an error message of AWS, MQTT or IAM Identity Center means. Never throws; secrets in the text are masked. */
export function explain(message: string): Explanation {
  const text = mask(
    message.length > MAX_CHARACTERS
      ? `${message.slice(0, MAX_CHARACTERS / 2)}\n${message.slice(-MAX_CHARACTERS / 2)}`
      : message,
  ).trim();
  for (const decode of decoders) {
    const explanation = decode(text);
    if (explanation !== undefined) return explanation;
  }
  return {
    code: 'unknown',
    known: false,
    title: text === '' ? 'There is no text to explain' : 'This message is not known here',
    cause:
      'Nothing is guessed. The doctor looks at the deployment itself and does not need the message; the decoder knows denials of IAM, refusals of the broker, of Cognito and of IAM Identity Center.',
    details: [],
    check: [
      'Paste the whole message, from "User:" or the error’s name to its end.',
      'stepcast doctor',
      'stepcast doctor --only sso --profile PROFILE      # commands of an operator fail',
      'stepcast doctor --only pool,role                  # no credentials in the browser',
      'stepcast doctor --only iot --identity IDENTITY_ID # no connection, no messages',
      'stepcast doctor --only s3                         # uploads fail',
      'stepcast doctor --only workflow,logs,queues       # uploads work, no progress comes',
    ],
    repair: [],
  };
}
