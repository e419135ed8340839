import { isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';

/** Which requests are let in at all, by the two headers that no web page can choose. */
export interface GuardOptions {
  /** Names besides `localhost` under which the sandbox is reached, in lower case, without a port. */
  readonly hosts: readonly string[];
  /** Origins of web pages besides its own; undefined: those of this machine; `*`: any. */
  readonly origins: readonly string[] | undefined;
}

export interface Refusal {
  readonly code: 'SANDBOX_HOST_REFUSED' | 'SANDBOX_ORIGIN_REFUSED';
  readonly message: string;
}

export type Guard = (headers: Pick<IncomingHttpHeaders, 'host' | 'origin'>) => Refusal | undefined;

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Whether a host is this machine, whatever DNS says. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

/**
 * A page that has its own name resolve to this machine sends that name as the host, so an address is as good as the names that are
 * meant. A page of another origin says so in `Origin`; a caller that sends none is no page, or only follows a link.
 */
export function createGuard({ hosts, origins }: GuardOptions): Guard {
  function hostRefusal(host: string | undefined): Refusal | undefined {
    const hostname = urlOf(`http://${host ?? ''}`)?.hostname;
    if (
      hostname !== undefined &&
      (isLoopback(hostname) || hosts.includes(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    )
      return undefined;
    return {
      code: 'SANDBOX_HOST_REFUSED',
      message: 'the sandbox is not served under this name; name it in STEPCAST_SANDBOX_ALLOWED_HOSTS',
    };
  }

  function isAllowed(origin: string, host: string | undefined): boolean {
    const url = urlOf(origin);
    if (url === undefined || url.origin !== origin) return false;
    if (url.protocol === 'http:' && url.host === host) return true;
    return origins === undefined
      ? isLoopback(url.hostname)
      : origins.includes(origin) || origins.includes('*');
  }

  return ({ host, origin }) => {
    const refusal = hostRefusal(host);
    if (refusal !== undefined || origin === undefined || isAllowed(origin, host)) return refusal;
    return {
      code: 'SANDBOX_ORIGIN_REFUSED',
      message: 'pages of this origin may not use the sandbox; name it in STEPCAST_SANDBOX_ALLOWED_ORIGINS',
    };
  };
}
