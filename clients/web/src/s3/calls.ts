import { asError } from '../errors.ts';
import { refusal, S3UploadError } from './errors.ts';
import type { Http, HttpAnswer, HttpRequest } from './http.port.ts';
import type { S3Request, Sign } from './sign.ts';

export interface S3Call {
  readonly method: S3Request['method'];
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: HttpRequest['body'];
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Default 60 s. */
  readonly stallMs?: number | undefined;
}

/** After this long without a byte moving, or with everything sent and no answer, a request is made again. */
const STALL_MS = 60_000;

/** Requests to one object: each is signed anew, sent once, and its refusal is an error. */
export class S3Calls {
  readonly #sign: Sign;
  readonly #http: Http;
  readonly #object: { readonly bucket: string; readonly key: string };

  constructor(sign: Sign, http: Http, object: { readonly bucket: string; readonly key: string }) {
    this.#sign = sign;
    this.#http = http;
    this.#object = object;
  }

  /**
   * @throws S3UploadError for every answer that is no success
   * @throws what signing throws, if that says that it does not pass (`retryable: false`)
   */
  async send(call: S3Call, signal: AbortSignal): Promise<HttpAnswer> {
    const { bucket, key } = this.#object;
    const { method, query = {}, headers = {}, body, onSent = () => undefined, stallMs = STALL_MS } = call;
    const url = await this.#signed({ method, bucket, key, query, headers });
    const answer = await this.#http({ method, url, headers, body, signal, stallMs, onSent });
    if (answer.status < 200 || answer.status > 299)
      throw refusal(answer.status, answer.body, answer.header('x-amz-request-id'));
    return answer;
  }

  /** Most of what keeps a signature away is a lost network: to credentials, or to a server that presigns. */
  async #signed(request: S3Request): Promise<string> {
    try {
      return await this.#sign(request);
    } catch (thrown) {
      const cause = asError(thrown);
      if ('retryable' in cause && cause.retryable === false) throw cause;
      const details = { code: 'S3_SIGNING', retryable: true };
      throw new S3UploadError(`no signature: ${cause.message}`, details, { cause });
    }
  }
}
