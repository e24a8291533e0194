import OpenAI from 'openai';

/** All that a call needs; the rest (custom headers of the environment, the SDK's telemetry) stays here. */
const SENT_HEADERS = ['accept', 'content-type', 'user-agent', 'openai-beta'] as const;

/** Far beyond any deadline: `withDeadline` ends the calls, and includes what the SDK's own timer does not. */
const SDK_TIMEOUT_MS = 3_600_000;

/** Carries one request of the SDK, as `fetch` does. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The SDK's client with everything it would take from the environment given explicitly: key, admin key, base
 * URL, organisation, project, webhook secret, log level. `OPENAI_CUSTOM_HEADERS` cannot be switched off and
 * could replace the key, so headers pass a list. Redirects are not followed: a POST would be sent twice, the
 * second time to a host nobody chose. No retries: a repeated POST can make a second, unknown store.
 */
export function createSdkClient(
  baseUrl: string,
  apiKey: string,
  transport: Transport = (url, init) => fetch(url, init),
): OpenAI {
  const send: Transport = (url, init) => {
    const given = new Headers(init.headers);
    const headers = new Headers({ authorization: `Bearer ${apiKey}` });
    for (const name of SENT_HEADERS) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    return transport(url, { ...init, headers, redirect: 'manual' });
  };
  return new OpenAI({
    baseURL: baseUrl,
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    timeout: SDK_TIMEOUT_MS,
    maxRetries: 0,
    // With `Response` the SDK sees what forms it may use, and need not try.
    fetch: Object.assign(
      (input: string | URL | Request, init?: RequestInit) => send(input as string, init ?? {}),
      { Response },
    ),
  });
}
