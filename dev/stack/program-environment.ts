import type { Config } from '../../config/index.ts';
import { asEnvironment, scrubbedEnvironment } from '../child-environment.ts';
import { noProxyWithLoopback } from '../direct-loopback.ts';

/** What the real provider may need on its way out; never passed on in TEST_MODE. */
const WAY_OUT =
  /^(https?_proxy|no_proxy|all_proxy|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|NODE_USE_ENV_PROXY|NODE_OPTIONS|SSL_CERT_FILE|SSL_CERT_DIR)$/;
const TEMPORAL = /^TEMPORAL_/;
/** In TEST_MODE the simulator answers: nobody needs to hold a real key. */
const NO_KEY = { OPENAI_API_KEY: undefined, KIMI_API_KEY: undefined, GLM_API_KEY: undefined };

/**
 * The whole environment of api and worker: the configuration spelled out, so that no child reads `.env` again or
 * meets a variable of the machine. `environment` is what our own process read. Temporal's key and TLS go along
 * only to a server that is not ours.
 */
export function programEnvironment(
  config: Config,
  environment: Readonly<Record<string, string>>,
  embeddedTemporal: boolean,
): Record<string, string> {
  const passed = Object.entries(environment).filter(
    ([name]) => (TEMPORAL.test(name) && !embeddedTemporal) || (WAY_OUT.test(name) && !config.TEST_MODE),
  );
  return {
    ...scrubbedEnvironment(environment),
    ...Object.fromEntries(passed),
    no_proxy: noProxyWithLoopback(environment),
    ...asEnvironment({ ...config, TEMPORAL_CLI: undefined, ...(config.TEST_MODE ? NO_KEY : {}) }),
    ENV_FILE: 'none',
  };
}
