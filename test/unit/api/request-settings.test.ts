import { describe, expect, it } from 'vitest';
import { apiSettings } from '../../../api/settings.ts';
import { ConfigError, loadConfig } from '../../../config/index.ts';

const settingsOf = (MAX_REQUEST_SIZE?: string) =>
  apiSettings(loadConfig({ TEST_MODE: 'true', MAX_REQUEST_SIZE }, { dotenvPath: false }));

describe('MAX_REQUEST_SIZE', () => {
  it.each([
    [undefined, 10_485_760, 30_000],
    ['4096', 4_096, 30_000],
    ['104857600', 104_857_600, 279_621],
  ])('%s is the limit, and gives a body its time at 3 Mbit/s', (given, maxRequestBytes, bodyTimeoutMs) => {
    expect(settingsOf(given)).toMatchObject({ maxRequestBytes, bodyTimeoutMs });
  });

  it.each(['0', '4095', '104857601', '10MB', '-1', '1e6.5'])('%s is refused', (given) => {
    expect(() => settingsOf(given)).toThrow(ConfigError);
    expect(() => settingsOf(given)).toThrow(/MAX_REQUEST_SIZE/);
  });
});
