/**
 * Uploads to S3 from a page: bytes as they go, parts that survive a reload and a lost network, checksums, pause. Start at
 * {@link s3Uploader}; `trackUpload` of `@stepcast/web` uses it by default.
 */
export type { S3Address } from './address.ts';
export { S3UploadError } from './errors.ts';
export { fetchHttp } from './fetch.adapter.ts';
export type { Http, HttpAnswer, HttpRequest } from './http.port.ts';
export { safeName } from './key-name.ts';
export type { S3Object } from './multipart.ts';
export { PauseController, type PauseSignal } from '../pause.ts';
export type { FileName, UploadRecord } from './records.ts';
export {
  s3Signer,
  type S3Request,
  type S3SignerOptions,
  type Sign,
  type SigningCredentials,
} from './sign.ts';
export type { StoredObject } from './stored-objects.ts';
export {
  s3Uploader,
  type S3Uploader,
  type S3UploaderOptions,
  type S3UploadOptions,
  type StoredOptions,
} from './uploader.ts';
export { xhrHttp } from './xhr.adapter.ts';
