import { clientIdOf, MAX_MESSAGE_BYTES } from '@stepcast/contracts';
import { EXAMPLE_IDENTITY, EXAMPLE_SESSION } from '../examples.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const security = (scheme: string) => ({ $ref: `#/components/securitySchemes/${scheme}` });
const endpoint = {
  description:
    'Name of the IoT data endpoint of the account, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it.',
  examples: ['a1b2c3d4e5f6g7-ats'],
};
const region = { description: 'Region of the deployment.', examples: ['us-east-1'] };
const clientId = clientIdOf(EXAMPLE_IDENTITY, EXAMPLE_SESSION);

const mqtt = {
  clientId,
  cleanSession: true,
  maximumPacketSize: MAX_MESSAGE_BYTES,
  bindingVersion: '0.2.0',
};

/** Where the contract is spoken. Hosts belong to a deployment, so they are variables. */
export const SERVERS: Readonly<Record<string, JsonObject>> = {
  iotCoreWebSocket: {
    host: '{endpoint}.iot.{region}.amazonaws.com',
    pathname: '/mqtt',
    protocol: 'wss',
    protocolVersion: '3.1.1',
    title: 'AWS IoT Core over WebSocket',
    description:
      'For people who signed in with Cognito. The client ID is the identity ID, `-` and the session; each connection takes a new session. MQTT 5 works too.',
    variables: { endpoint, region },
    security: [security('sigV4')],
    bindings: { mqtt },
  },
  iotCoreMutualTls: {
    host: '{endpoint}.iot.{region}.amazonaws.com:8883',
    protocol: 'secure-mqtt',
    protocolVersion: '5',
    title: 'AWS IoT Core with a client certificate',
    description: 'For back ends whose certificate has a policy for these topics.',
    variables: { endpoint, region },
    security: [security('x509')],
    bindings: { mqtt: { ...mqtt, clientId: undefined } },
  },
  plainBroker: {
    host: '{host}:{port}',
    protocol: 'secure-mqtt',
    protocolVersion: '5',
    title: 'Any MQTT broker',
    description:
      'A broker of your own. Its access rules have to limit each user to the topics of one identity.',
    variables: {
      host: { description: 'Host of the broker.', examples: ['broker.example.com'] },
      port: { description: 'Port of the broker.', default: '8883' },
    },
    security: [security('usernamePassword')],
    bindings: { mqtt: { ...mqtt, clientId: undefined } },
  },
  eventBridge: {
    host: 'events.{region}.amazonaws.com',
    protocol: 'https',
    title: 'Amazon EventBridge',
    description:
      'The event bus that the deployment names. Rules on it bring the feed to queues, functions and other accounts.',
    variables: { region },
    security: [security('sigV4Header')],
  },
  provisioner: {
    host: '{host}',
    protocol: 'https',
    title: 'Provisioner',
    description: 'Attaches the IoT policy to an identity.',
    variables: { host: { description: 'Host of the API.', examples: ['api.example.com'] } },
    security: [security('idToken'), security('sigV4Header')],
  },
};

export const SECURITY_SCHEMES: Readonly<Record<string, JsonObject>> = {
  sigV4: {
    type: 'httpApiKey',
    in: 'query',
    name: 'X-Amz-Signature',
    description:
      'AWS Signature Version 4 in the query of the WebSocket URL, for the service `iotdevicegateway`, with the credentials that Cognito gives to the identity. `X-Amz-Security-Token` is added after signing.',
  },
  sigV4Header: {
    type: 'httpApiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'AWS Signature Version 4: at the provisioner for the service `execute-api`, where the deployment has the API for signed requests; at EventBridge for the service `events`.',
  },
  x509: { type: 'X509', description: 'A client certificate that is registered with AWS IoT Core.' },
  usernamePassword: { type: 'userPassword', description: 'User name and password of MQTT CONNECT.' },
  idToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The ID token of the Cognito user pool.',
  },
};
