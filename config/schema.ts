/**
 * Every setting, once: name, type, default, bounds, and the sentence that `.env.example` and `npm run config`
 * show. Durations carry their unit in the name.
 */
import { Type, type Static } from 'typebox';

const flag = (description: string) => Type.Boolean({ default: false, description });
const flagOn = (description: string) => Type.Boolean({ default: true, description });
const whole = (description: string, fallback: number, minimum: number, maximum: number) =>
  Type.Integer({ default: fallback, minimum, maximum, description });
const optionalText = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const secret = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, description, secret: true }));

/** 15 552 000 s = 180 days, the longest lease. */
const MAX_LEASE_SECONDS = 15_552_000;

export const ConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address the API listens on.' }),
  PORT: whole('Port the API listens on.', 9876, 0, 65_535),
  API_TOKEN: secret('Bearer token every route but the health checks wants. Needed off loopback.'),
  OPERATOR_TOKEN: secret(
    'Bearer token for protect, unprotect, nuke and forced release. Unset: API_TOKEN serves.',
  ),
  ALLOW_UNAUTHENTICATED: flag(
    'Accept a non-loopback HOST without API_TOKEN (a container published on loopback).',
  ),
  CORS_ORIGINS: optionalText('Comma-separated origins whose web pages may call the API.'),
  RATE_LIMIT_PER_MINUTE: whole('Requests a minute per client address; 0 = no limit.', 0, 0, 10_000_000),
  ALLOW_NUKE: flag('Allow POST /nuke, which ends every lease.'),

  OPENAI_API_KEY: secret('Key of the OpenAI account whose vector stores and files are leased.'),
  OPENAI_BASE_URL: Type.String({
    default: 'https://api.openai.com/v1',
    minLength: 1,
    description: 'Base URL of the OpenAI-compatible provider.',
  }),
  TEST_MODE: flag('Use the simulator instead of a real provider; beats a key.'),
  SIMULATOR_URL: optionalText('Base URL of the simulator in TEST_MODE; the embedded stack sets it.'),
  PROVIDER_CONCURRENCY: whole('Deletions under way at once per account, all workers together.', 16, 1, 1_000),
  PROVIDER_CREATE_TIMEOUT_SECONDS: whole('Deadline of one create at the provider.', 20, 1, 600),
  PROVIDER_TIMEOUT_SECONDS: whole('Deadline of every other provider call.', 30, 1, 600),

  PROVIDER_DELETE_PER_SECOND: whole(
    'Deletions a second and account, all workers together; 0 = any rate.',
    30,
    0,
    10_000,
  ),
  MAX_VECTOR_STORES: whole('Vector stores the account may hold; 0 = no limit.', 100, 0, 10_000_000),
  COUNT_FOREIGN_STORES: flagOn('Stores that are not ours count against MAX_VECTOR_STORES.'),
  DELETE_ATTACHED_FILES: Type.Enum(['owned', 'tracked'], {
    default: 'owned',
    description: "Files attached to a lease's own store but never tracked: owned = delete them too.",
  }),

  LEASE_SECONDS: whole('How long a lease lasts after acquire, renew or track.', 3_600, 1, MAX_LEASE_SECONDS),
  ACQUIRE_TIMEOUT_SECONDS: whole('An acquire that takes longer is answered 504.', 8, 1, 300),
  CLEANUP_WAIT_SECONDS: whole('Longest wait of POST /cleanup and POST /nuke.', 8, 0, 300),
  VECTOR_STORE_EXPIRES_AFTER_DAYS: whole("Days of the provider's own expiry, the safety net.", 7, 1, 365),
  STUCK_AFTER_SECONDS: whole('A drain that fails for this long is stuck.', 600, 1, 86_400),
  STUCK_RETRY_MINUTES: whole('Minutes between tries of a stuck lease.', 15, 1, 1_440),
  CLAIM_MARGIN_SECONDS: whole("How long a claim outlives its create's deadline.", 10, 1, 600),
  CLAIM_GIVE_UP_SECONDS: whole('A claim nobody settles for this long is given up.', 600, 1, 86_400),
  CONFIRM_GONE_SECONDS: whole(
    'Wait before the second 404 or listing that proves something gone.',
    60,
    1,
    3_600,
  ),
  YOUNG_OBJECT_SECONDS: whole('Objects younger than this need that second 404.', 600, 0, 86_400),
  SWEEP_INTERVAL_SECONDS: whole('Seconds between two sweeps of the account.', 300, 1, 86_400),
  ORPHAN_MIN_AGE_SECONDS: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 31_536_000,
      description: 'Orphans younger than this are left alone. Unset: 3600, or twice the lease where longer.',
    }),
  ),
  OUTAGE_GRACE_SECONDS: whole(
    'Leases that fell due while the service was away last this much longer; 0 = off.',
    300,
    0,
    MAX_LEASE_SECONDS,
  ),
  AUDIT_RETENTION_DAYS: whole('Days a closed lease is kept as history.', 30, 1, 3_650),

  DATABASE_URL: secret('PostgreSQL connection string. Unset: npm start brings its own database.'),
  LEDGER_POOL_SIZE: whole('Database connections per process.', 10, 2, 200),
  INSTANCE_ID: optionalText(
    'Separates installations that share a provider account. Unset: made once, kept in the ledger.',
  ),

  TEMPORAL_ADDRESS: optionalText('host:port of the Temporal server. Unset: npm start brings its own.'),
  TEMPORAL_NAMESPACE: Type.String({ default: 'default', minLength: 1, description: 'Temporal namespace.' }),
  TEMPORAL_CLI: optionalText('Path of the temporal binary that npm start uses.'),
  TEMPORAL_UI_URL: optionalText('Base URL of the Temporal Web UI, for the links in answers.'),
  TASK_QUEUE: Type.String({ default: 'loiter-killer', minLength: 1, description: 'Temporal task queue.' }),
  MAX_CACHED_WORKFLOWS: whole('Workflows a worker keeps in memory; sleeping ones need none.', 60, 2, 100_000),
  OUTBOX_POLL_SECONDS: whole('Seconds between two looks for rows whose workflow has to be told.', 3, 1, 60),

  DATA_DIR: Type.String({
    default: './data',
    minLength: 1,
    description: 'Where the embedded stack keeps its state.',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe level that is logged.',
  }),
  WORKER_METRICS_PORT: whole("Port of the worker's /metrics and /health, on loopback.", 9877, 0, 65_535),
});

/** The effective configuration, flat, under the names of the environment. */
export type Config = Readonly<Static<typeof ConfigSchema>>;
