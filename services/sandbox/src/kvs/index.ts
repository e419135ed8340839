export { createSignaling, type Signaling, type SignalingOptions } from './signaling.ts';
