import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { serializeError } from './serialize-error.ts';

/** Lines are written in blocks of this many bytes, the size of a page: logging must not cost a syscall a line. */
const BLOCK_BYTES = 4_096;
/** A line waits at most this long for its block to fill. */
const FLUSH_EVERY_MS = 250;

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'apiKey',
  'api_key',
  'token',
  'password',
  'connectionString',
  'OPENAI_API_KEY',
  'KIMI_API_KEY',
  'GLM_API_KEY',
  'API_TOKEN',
  'OPERATOR_TOKEN',
  'METRICS_TOKEN',
  'CHECKPOINT_DATABASE',
  'DATABASE_URL',
];

/**
 * The same logger for lines whose fields are all known and hold no secret, such as the events of a lease: looking
 * for secret fields costs 15 µs a line, a fifth of a renewal.
 */
export function createEventLogger(log: Logger): Logger {
  return log.child({}, { redact: { paths: [], censor: '[hidden]' } });
}

/**
 * The process's logger: JSON lines on standard output, written in the background and flushed when the process
 * exits. Fields in use: `event`, `session_id`, `lease_id`, `request_id`, `err`. Known secret fields are hidden
 * up to three levels deep.
 */
export function createLogger(
  config: Pick<Config, 'LOG_LEVEL'>,
  name: string,
  destination: DestinationStream = pino.destination({
    sync: false,
    minLength: BLOCK_BYTES,
    periodicFlush: FLUSH_EVERY_MS,
  }),
): Logger {
  return pino(
    {
      name,
      level: config.LOG_LEVEL,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[hidden]',
      },
    },
    destination,
  );
}
