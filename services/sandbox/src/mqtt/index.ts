/** The MQTT broker of the sandbox, which behaves like the data plane of IoT Core. */
export { createBroker, type BrokerOptions, type ConnectedClient, type MqttBroker } from './broker.ts';
export type { BrokerLog, BrokerStats } from './connection.ts';
export { IOT_LIMITS } from './limits.ts';
export { presignedUrlVerifier, type UpgradeVerdict, type UpgradeVerifier } from './presigned-url.ts';
