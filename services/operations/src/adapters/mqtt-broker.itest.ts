import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT, OperatorError } from '../errors.ts';
import { startScriptedBroker, type Codes, type ScriptedBroker } from '../testing/scripted-broker.ts';
import { createMqttBroker } from './mqtt-broker.adapter.ts';

let scripted: ScriptedBroker;
beforeAll(async () => {
  scripted = await startScriptedBroker();
});
afterAll(() => scripted.close());

/** What an operator is shown where the broker answers like that. */
async function refusal(codes: Codes): Promise<OperatorError> {
  scripted.answer(codes);
  const broker = createMqttBroker({
    url: () => Promise.resolve(scripted.url),
    address: scripted.url,
    region: 'us-east-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
    newClientId: () => 'stepcast-operator-1',
  });
  try {
    const connection = await broker.connect();
    try {
      if (codes.suback === undefined)
        await connection.publish({ topic: 'stepcast/v1/me', payload: new Uint8Array(1), retain: false });
      else await connection.subscribe(['stepcast/v1/+/#'], () => undefined);
      if (codes.disconnect !== undefined) throw await connection.ended;
    } finally {
      await connection.close();
    }
  } catch (thrown) {
    if (thrown instanceof OperatorError) return thrown;
    throw thrown;
  }
  throw new Error('the broker agreed');
}

const PUBLISHED = 'the broker refuses to publish on stepcast/v1/me';
const SUBSCRIBED = 'the broker refuses the subscription to stepcast/v1/+/#';
const CONNECTED = 'the broker refuses the connection';
const CUT = 'the broker ended the connection';

const rights = { code: 'OPERATOR_RIGHTS_MISSING', exitCode: EXIT.denied, says: /^Operators need iot:/ };
const busy = {
  code: 'OPERATOR_BROKER_BUSY',
  exitCode: EXIT.unreachable,
  says: /^No right is missing: too much is asked .* --rate\)/,
};
const form = {
  code: 'OPERATOR_BROKER_REFUSED',
  exitCode: EXIT.denied,
  says: /^No right is missing, and trying again does not help/,
};
const passing = {
  code: 'OPERATOR_UNREACHABLE',
  exitCode: EXIT.unreachable,
  says: /^No right is missing: this often passes/,
};

describe('what the broker says no with', () => {
  it.each([
    [{ puback: 0x80 }, `${PUBLISHED}: unspecified error (reason code 0x80)`, passing],
    [{ puback: 0x83 }, `${PUBLISHED}: implementation specific error (reason code 0x83)`, passing],
    [{ puback: 0x87 }, `${PUBLISHED}: not authorized (reason code 0x87)`, rights],
    [{ puback: 0x90 }, `${PUBLISHED}: topic name invalid (reason code 0x90)`, form],
    [{ puback: 0x91 }, `${PUBLISHED}: packet identifier in use (reason code 0x91)`, passing],
    [{ puback: 0x97 }, `${PUBLISHED}: quota exceeded (reason code 0x97)`, busy],
    [{ puback: 0x99 }, `${PUBLISHED}: payload format invalid (reason code 0x99)`, form],
    [{ suback: 0x80 }, `${SUBSCRIBED}: unspecified error (reason code 0x80)`, passing],
    [{ suback: 0x87 }, `${SUBSCRIBED}: not authorized (reason code 0x87)`, rights],
    [{ suback: 0x8f }, `${SUBSCRIBED}: topic filter invalid (reason code 0x8f)`, form],
    [{ suback: 0x97 }, `${SUBSCRIBED}: quota exceeded (reason code 0x97)`, busy],
    [{ connack: 0x85 }, `${CONNECTED}: client identifier not valid (reason code 0x85)`, form],
    [{ connack: 0x87 }, `${CONNECTED}: not authorized (reason code 0x87)`, rights],
    [{ connack: 0x97 }, `${CONNECTED}: quota exceeded (reason code 0x97)`, busy],
    [{ connack: 0x9f }, `${CONNECTED}: connection rate exceeded (reason code 0x9f)`, busy],
    [{ disconnect: 0x87 }, `${CUT}: not authorized (reason code 0x87)`, rights],
    [{ disconnect: 0x8e }, `${CUT}: session taken over (reason code 0x8e)`, passing],
    [{ disconnect: 0x97 }, `${CUT}: quota exceeded (reason code 0x97)`, busy],
  ])(
    '%j is a missing right only where it is about rights: it was one whatever the code',
    async (codes, message, { code, exitCode, says }) => {
      const refused = await refusal(codes);
      expect({ code: refused.code, exitCode: refused.exitCode, message: refused.message }).toEqual({
        code,
        exitCode,
        message,
      });
      expect(refused.more.join('\n')).toMatch(says);
    },
  );
});
