/**
 * Why the client is in the state it is in, as a number that logs and dashboards can count.
 *
 * 0-99 on the way up; 100-199 disconnected, the client comes back by itself; 200-299 closed by the application;
 * 300-399 failed, the client stopped and somebody has to act; 400-499 warnings, the connection goes on.
 */
export const REASONS = {
  none: { code: 0, meaning: 'Nothing has happened yet.', reaction: 'Waits for connect() or watch().' },
  starting: { code: 1, meaning: 'The application asked for a connection.', reaction: 'Connects.' },
  retrying: { code: 2, meaning: 'The wait after a failure is over.', reaction: 'Connects again.' },
  connected: { code: 3, meaning: 'Connected, or subscribed.', reaction: 'Goes on.' },

  connectionLost: {
    code: 100,
    meaning:
      'The connection closed without a reason: network, broker restart, 24 hours over, or a broker that closes instead of refusing.',
    reaction: 'Reconnects with backoff.',
  },
  handshakeFailed: {
    code: 101,
    meaning:
      'The WebSocket did not open. Browsers do not say why: network, wrong endpoint, or HTTP 403 for a bad signature (expired credentials, clock off by more than 5 minutes).',
    reaction: 'Reconnects with backoff and forcibly refreshed credentials.',
  },
  connectTimeout: { code: 102, meaning: 'No answer in time.', reaction: 'Reconnects with backoff.' },
  pingTimeout: {
    code: 103,
    meaning: 'The broker did not answer a ping: the connection was half open.',
    reaction: 'Reconnects with backoff.',
  },
  brokerUnavailable: {
    code: 104,
    meaning: 'The broker refused for now (busy, throttled, quota).',
    reaction: 'Reconnects with backoff.',
  },
  brokerDisconnected: {
    code: 105,
    meaning: 'The broker sent DISCONNECT (MQTT 5).',
    reaction: 'Reconnects with backoff.',
  },
  takenOver: {
    code: 106,
    meaning: 'Another connection took this client ID.',
    reaction:
      'Reconnects with backoff; every connection has a client ID of its own, so the two cannot evict each other in turn.',
  },
  credentialsUnavailable: {
    code: 107,
    meaning: 'The credential provider failed for a reason that may pass.',
    reaction: 'Retries with backoff.',
  },
  provisioningUnavailable: {
    code: 108,
    meaning: 'The provisioning endpoint could not be reached or failed for a reason that may pass.',
    reaction: 'Retries with backoff.',
  },
  notYetAuthorized: {
    code: 109,
    meaning:
      'Refused, but the identity was provisioned only just now: AWS IoT takes minutes to enforce a new policy.',
    reaction: 'Retries with backoff until the provisioning window ends; a refusal after that is `denied`.',
  },
  offline: {
    code: 110,
    meaning: 'The device reports that it has no network.',
    reaction: 'Waits for the network, then reconnects.',
  },
  subscribeFailed: {
    code: 111,
    meaning: 'The broker did not take a subscription for now (quota, error, no SUBACK).',
    reaction: 'Reconnects with backoff.',
  },
  hidden: {
    code: 112,
    meaning: 'The page was hidden for longer than `hiddenDisconnectMs`.',
    reaction: 'Reconnects when the page is shown.',
  },
  protocolError: {
    code: 113,
    meaning: 'The broker sent bytes that are not MQTT.',
    reaction: 'Reconnects with backoff.',
  },
  protocolFallback: {
    code: 114,
    meaning: 'The broker does not speak MQTT 5.',
    reaction: 'Connects again with MQTT 3.1.1 at once.',
  },
  refreshingAuthorization: {
    code: 115,
    meaning: 'Refused for the first time since it last worked: credentials or policy may have changed.',
    reaction:
      'Has the policy checked by the provisioning service where configured, forces new credentials, tries once more. A second refusal is `denied`.',
  },

  closed: { code: 200, meaning: 'close() was called.', reaction: 'Final.' },

  denied: {
    code: 300,
    meaning:
      'The broker refuses this identity: no IoT policy attached, or role and policy do not both allow it.',
    reaction: 'Stops. connect() starts anew.',
  },
  subscribeDenied: {
    code: 301,
    meaning: 'Connected, but the policy does not allow to subscribe to the topics of this identity.',
    reaction: 'Stops. connect() starts anew.',
  },
  credentialsDenied: {
    code: 302,
    meaning: 'No credentials: nobody is signed in, or the identity pool refused the login.',
    reaction: 'Stops. connect() starts anew after the next sign-in.',
  },
  provisioningDenied: {
    code: 303,
    meaning: 'The provisioning endpoint refused the ID token.',
    reaction: 'Stops. connect() starts anew.',
  },
  identityMismatch: {
    code: 304,
    meaning: 'Provisioning and credentials speak of two identities: another identity pool, or another login.',
    reaction: 'Stops.',
  },
  identityChanged: {
    code: 305,
    meaning: 'The credentials belong to another identity than before. One client serves one person.',
    reaction: 'Stops. Make a new client.',
  },
  unsupportedProtocol: {
    code: 306,
    meaning: 'The broker speaks neither of the MQTT versions allowed.',
    reaction: 'Stops.',
  },
  configuration: { code: 307, meaning: 'An option cannot be used.', reaction: 'Stops.' },

  invalidMessage: {
    code: 400,
    meaning: 'A message did not have the form of the contract, or spoke of another upload than its topic.',
    reaction: 'Counted and left out. What it carried is fetched by catch-up.',
  },
  storageFailed: {
    code: 401,
    meaning: 'Positions could not be read or stored.',
    reaction: 'Goes on without; a reload then gets earlier events again.',
  },
  catchUpRefused: {
    code: 402,
    meaning: 'The service refused a catch-up request.',
    reaction: 'Asks again later, or with fewer uploads.',
  },
  catchUpUnanswered: {
    code: 403,
    meaning: 'A catch-up request could not be sent or was not answered in time.',
    reaction: 'Asks again with backoff. Live events go on; those behind a hole wait.',
  },
  overviewRefused: {
    code: 404,
    meaning: 'The broker refused the subscription to the overview.',
    reaction: 'Goes on without an overview.',
  },
  listenerThrew: {
    code: 405,
    meaning: 'A listener of the application threw.',
    reaction: 'Goes on.',
  },
  unknownKind: {
    code: 406,
    meaning: 'An event of a kind that this version does not know.',
    reaction: 'Left out; its offset counts as received.',
  },
} as const satisfies Record<string, { code: number; meaning: string; reaction: string }>;

export type Reason = keyof typeof REASONS;
export type ReasonCode = (typeof REASONS)[Reason]['code'];

/** The number of a reason. */
export function codeOf(reason: Reason): ReasonCode {
  return REASONS[reason].code;
}
