/** The control plane of IoT Core, as far as provisioning needs it. The broker is in `../mqtt`. */
export {
  createIotControlPlane,
  type IotControlPlane,
  type IotControlPlaneOptions,
} from './iot-control-plane.ts';
export { IOT_CALLS_PER_SECOND, type IotOperation } from './throttle.ts';
