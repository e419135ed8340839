/** One HTTP request with a body whose bytes are counted as they leave. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob | Uint8Array<ArrayBuffer> | undefined;
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** How long nothing may move, in milliseconds, before the request is given up. */
  readonly stallMs: number;
  /** Called with the bytes of the body that have left, where the platform tells. */
  readonly onSent: (bytes: number) => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Undefined when there is none, or when CORS hides it. */
  header(name: string): string | undefined;
}

/**
 * Sends one request.
 * @throws S3UploadError `S3_NETWORK` when there is no answer
 * @throws the reason of the signal when that is aborted
 */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;
