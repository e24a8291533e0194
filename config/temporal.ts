import { loadClientConnectConfig } from '@temporalio/envconfig';
import { readEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
import { ConfigError } from './error.ts';

/** Options for `Connection.connect` and `NativeConnection.connect`, and the namespace, where they name one. */
export type TemporalConnectOptions = ReturnType<typeof loadClientConnectConfig>;

/**
 * Reads Temporal's standard variables: address, namespace, API key, TLS, metadata, profile. Its configuration
 * file is read only where `TEMPORAL_CONFIG_FILE` or `TEMPORAL_PROFILE` asks for it: otherwise a profile that
 * someone keeps for a cloud account would switch TLS on towards the embedded server.
 * Throws {@link ConfigError}.
 */
export function temporalConnectOptions(
  env: Environment,
  options: EnvironmentOptions = {},
): TemporalConnectOptions {
  return connectOptionsFrom(readEnvironment(env, options));
}

/** The same from an environment that has been read already. */
export function connectOptionsFrom(environment: Record<string, string>): TemporalConnectOptions {
  try {
    return loadClientConnectConfig({
      overrideEnvVars: environment,
      disableFile: !namesProfile(environment),
    });
  } catch {
    // The library's message may quote the file, which holds keys.
    throw new ConfigError([
      'TEMPORAL_*: the connection profile cannot be read (see TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE, TEMPORAL_TLS_*)',
    ]);
  }
}

/** True where the environment points to a profile file, which may then hold the address and the namespace. */
export function namesProfile(environment: Readonly<Record<string, string>>): boolean {
  return environment['TEMPORAL_CONFIG_FILE'] !== undefined || environment['TEMPORAL_PROFILE'] !== undefined;
}
