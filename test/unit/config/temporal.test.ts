import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig, temporalConnectOptions } from '../../../config/index.ts';
import { scratchDirectory } from '../../support/parts.ts';

const directory = scratchDirectory('temporal-profile');
const profileFile = join(directory, 'temporal.toml');
writeFileSync(
  profileFile,
  [
    ...['[profile.default]', 'address = "cloud.example:7233"', 'api_key = "secret-key"'],
    ...['[profile.staging]', 'address = "staging.example:7233"', 'namespace = "staging"'],
  ].join('\n'),
);

test('an API key switches TLS on', () => {
  const { connectionOptions } = temporalConnectOptions(
    { TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_API_KEY: 'key' },
    { dotenvPath: false },
  );
  expect(connectionOptions).toMatchObject({ address: 'cloud.example:7233', apiKey: 'key', tls: true });
});

test("a profile in the home directory does not reach the embedded server's connection", () => {
  for (const base of [join(directory, '.config'), join(directory, 'Library', 'Application Support')]) {
    mkdirSync(join(base, 'temporalio'), { recursive: true });
    writeFileSync(join(base, 'temporalio', 'temporal.toml'), '[profile.default]\napi_key = "secret-key"\n');
  }
  const env = {
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, '.config'),
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
  };
  const { connectionOptions } = temporalConnectOptions(env, { dotenvPath: false });
  expect(connectionOptions.apiKey).toBeUndefined();
  expect(connectionOptions.tls).toBeUndefined();
});

test('a named profile gives address and namespace to the configuration, unless the variables do', () => {
  const env = { TEMPORAL_CONFIG_FILE: profileFile, TEMPORAL_PROFILE: 'staging' };
  expect(loadConfig(env, { dotenvPath: false })).toMatchObject({
    TEMPORAL_ADDRESS: 'staging.example:7233',
    TEMPORAL_NAMESPACE: 'staging',
  });
  expect(loadConfig({ ...env, TEMPORAL_NAMESPACE: 'mine' }, { dotenvPath: false }).TEMPORAL_NAMESPACE).toBe(
    'mine',
  );
});

test('a profile that cannot be read is a configuration problem that quotes nothing of it', () => {
  const broken = join(directory, 'broken.toml');
  writeFileSync(broken, 'api_key = "secret-key\n');
  const load = () => loadConfig({ TEMPORAL_CONFIG_FILE: broken }, { dotenvPath: false });
  expect(load).toThrow(ConfigError);
  expect(load).not.toThrow(/secret/);
});
