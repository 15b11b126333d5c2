import { describeValue } from '../lib/value-checks.ts';

/** The public API (docs/internals/api.md, "Connection"). */
export const DEFAULT_API_URL = 'https://app.prefactorai.com';

/** The base URL, without a slash or `/api/v1` at its end; or what is wrong with it. */
export type ApiUrl =
  | { readonly url: string }
  /** `advice` is for those who write code: it names options of the client. */
  | { readonly problem: string; readonly advice?: string };

/**
 * Reads a base URL. Paths are appended to it in full, and people configure it both with and without
 * `/api/v1` (docs/internals/api.md, "Connection", *inferred*). Credentials are never repeated in what is said about it.
 */
export function readApiUrl(text: string, allowInsecure: boolean): ApiUrl {
  // URL would drop some of them silently, and make others part of the path.
  if (/[\s\p{Cc}]/u.test(text)) {
    return { problem: 'must not hold blanks, line breaks or control characters' };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    const given = text.includes('@') ? '' : `, but it is ${describeValue(text)}`;
    return { problem: `must be an absolute URL that begins with https://${given}` };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'must not hold a user name or password',
      advice: 'the token goes into apiToken',
    };
  }
  if (url.search !== '' || url.hash !== '') {
    return { problem: 'must not hold a query or a fragment' };
  }
  if (url.protocol === 'http:' && !allowInsecure && !isLocalhost(url.hostname)) {
    return {
      problem: `must begin with https://, since http: would show the token to the network on its way to ${url.hostname}`,
      advice: 'where that is meant, set allowInsecure: true',
    };
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  return { url: url.origin + path.replace(/\/+$/, '') };
}

export function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
