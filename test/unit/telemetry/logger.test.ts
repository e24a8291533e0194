import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../telemetry/logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ LOG_LEVEL: 'info' }, 'api', { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes JSON lines with name, level and time in words', () => {
    const lines = logged((log) => {
      log.debug('not at this level');
      log.info({ event: 'lease_acquired', session_id: 's', lease_id: 'l', request_id: 'r' }, 'acquired');
    });
    expect(lines).toEqual([
      expect.objectContaining({
        name: 'api',
        level: 'info',
        event: 'lease_acquired',
        session_id: 's',
        lease_id: 'l',
        request_id: 'r',
        msg: 'acquired',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      }),
    ]);
  });

  it('hides secrets wherever they are put', () => {
    const secret = 'sk-' + 'a1b2c3d4e5f6';
    // As GLM's keys look: an id, and behind the dot what is secret.
    const glm = `${'0123456789abcdef'.repeat(2)}.${'AbCdEfGh12345678'}`;
    const error = Object.assign(new Error(`401 Incorrect API key provided: ${secret}`), {
      request: { headers: { authorization: `Bearer ${secret}` } },
      cause: new Error(`connect postgres://user:${secret}@host/db`, {
        cause: new Error(`the key ${glm} is not known`),
      }),
    });
    const [line] = logged((log) => {
      log.error(
        {
          err: error,
          authorization: `Bearer ${secret}`,
          headers: { authorization: secret },
          config: {
            OPENAI_API_KEY: secret,
            KIMI_API_KEY: secret,
            nested: { GLM_API_KEY: secret, token: secret },
          },
        },
        'failed',
      );
    });
    expect(JSON.stringify(line)).not.toContain(secret);
    expect(JSON.stringify(line)).not.toContain(glm.slice(-16));
    expect(line).toMatchObject({
      err: { type: 'Error', message: expect.stringContaining('Incorrect API key') },
    });
  });
});
