/**
 * Every setting, once: name, type, default, bounds, and the sentence that `.env.example` and `npm run config`
 * show. Durations carry their unit in the name.
 */
import { Type, type Static } from 'typebox';
import { PROVIDER_NAMES } from '../domain/providers.ts';
import {
  bytes,
  decimal,
  flag,
  flagOn,
  optionalPath,
  optionalText,
  providerKey,
  secret,
  text,
  tokens,
  whole,
} from './kinds.ts';
import { MAINTENANCE_PROPERTIES } from './schema-maintenance.ts';

/** 15 552 000 s = 180 days, the longest lease. */
const MAX_LEASE_SECONDS = 15_552_000;
/** About a kilobyte: a quota below that is a slip of the pen. */
const MIN_QUOTA_GB = 0.000_001;
/** Room for every call that names a session, a store or an operator. */
const MIN_REQUEST_BYTES = 4_096;
/** A body is whole in memory while it is read: as bytes, as a text and as values. */
const MAX_REQUEST_BYTES = 104_857_600;
const EXTENSIONS = 'txt,pdf,doc,docx,xls,xlsx,ppt,pptx,jpg,jpeg,png,gif,zip,py,js,ts,json,yaml,yml,md'.split(
  ',',
);

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
  CORS_ORIGINS: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      description: 'Comma-separated origins whose web pages may call the API.',
    }),
  ),
  RATE_LIMIT_PER_MINUTE: whole('Requests a minute per client address; 0 = no limit.', 0, 0, 10_000_000),
  MAX_REQUEST_SIZE: whole(
    'Bytes of the largest request body, but for uploads, whose limit follows from MAX_FILE_SIZE.',
    10_485_760,
    MIN_REQUEST_BYTES,
    MAX_REQUEST_BYTES,
  ),
  ALLOW_NUKE: flag('Allow POST /nuke, which ends every lease.'),

  OPENAI_API_KEY: providerKey('Key of the OpenAI account whose vector stores and files are leased.'),
  OPENAI_BASE_URL: text('Base URL of the OpenAI-compatible provider.', 'https://api.openai.com/v1'),
  KIMI_API_KEY: providerKey('Key of the Kimi account that takes uploaded files. Unset: no uploads there.'),
  KIMI_API_URL: text('Base URL of Kimi.', 'https://api.moonshot.ai/v1'),
  GLM_API_KEY: providerKey('Key of the GLM account that takes uploaded files. Unset: no uploads there.'),
  GLM_API_URL: text('Base URL of GLM.', 'https://api.z.ai/api/paas/v4'),
  TEST_MODE: flag('Use the simulator instead of every real provider; beats the keys.'),
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
  CLEANUP_WAIT_SECONDS: whole(
    'Longest wait of POST /cleanup, POST /nuke and the routes that start a job.',
    8,
    0,
    300,
  ),
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

  PREFERRED_PROVIDER: Type.Optional(
    Type.Enum([...PROVIDER_NAMES], {
      description:
        'Provider that uploads go to first. Unset: the first that may take the file, in this order.',
    }),
  ),
  MAX_FILE_SIZE: bytes('Bytes of the largest file for a provider without a setting of its own.', 104_857_600),
  MAX_FILE_SIZE_OPENAI: bytes('Bytes of the largest file for OpenAI.', 536_870_912),
  MAX_FILE_SIZE_KIMI: bytes('Bytes of the largest file for Kimi.', 104_857_600),
  MAX_FILE_SIZE_GLM: bytes('Bytes of the largest file for GLM.', 20_971_520),
  MAX_FILE_SIZE_PER_USER: bytes('Bytes of the largest file that a user may upload.', 536_870_912),
  DEFAULT_USER_QUOTA_GB: decimal(
    'What the live uploads of a user may come to, in units of 2^30 bytes.',
    10,
    MIN_QUOTA_GB,
    1_000_000,
  ),
  ALLOWED_EXTENSIONS: Type.Array(Type.String({ pattern: '^\\.?[A-Za-z0-9][A-Za-z0-9_+-]{0,31}$' }), {
    default: EXTENSIONS,
    minItems: 1,
    wanted: 'must be a comma-separated list of file extensions such as txt,pdf',
    description: 'Comma-separated extensions of the files that are taken.',
  }),
  UPLOAD_TIMEOUT: whole(
    'Seconds that the body of an upload may take, and then the upload itself.',
    300,
    1,
    3_600,
  ),
  MAX_CONCURRENT_UPLOADS: whole('Uploads to providers at once per api; more wait.', 5, 1, 1_000),
  UPLOAD_SLOT_WAIT_SECONDS: whole('How long an upload waits for its turn, then 503.', 30, 1, 3_600),
  ENABLE_DEDUPLICATION: flagOn('A file whose content the provider has already is not uploaded again.'),
  FILE_RETENTION_DAYS: whole('Days after which an unused upload that no lease holds goes.', 30, 1, 3_650),
  FAILED_UPLOAD_RETENTION_DAYS: whole('Days that failed uploads stay listed.', 7, 1, 3_650),
  FILES_CLEANUP_INTERVAL_HOURS: whole(
    'Hours between two runs of the retention; CLEANUP_INTERVAL_HOURS is another name of it.',
    24,
    1,
    8_760,
  ),
  METRICS_MAX_USERS: whole(
    'Users with series of their own in the metrics; the rest is other. 0 = no user is named there.',
    100,
    0,
    10_000,
  ),

  SIMPLE_TOOL_TIMEOUT_SECS: decimal('Timeout of a simple tool, as callers are told.', 30, 1, 86_400),
  WORKFLOW_TOOL_TIMEOUT_SECS: decimal(
    'Timeout of a workflow tool; those of daemon, shim and client are 1.5, 2 and 2.5 times as long.',
    45,
    1,
    86_400,
  ),
  MCP_PROMPT_SIZE_LIMIT: whole(
    'Characters of the longest prompt, as callers are told.',
    60_000,
    1,
    100_000_000,
  ),
  DEFAULT_MAX_OUTPUT_TOKENS: tokens('Most output tokens of a model, as callers are told.', 8_192),
  KIMI_MAX_OUTPUT_TOKENS: tokens('The same for models of Kimi.', 16_384),
  GLM_MAX_OUTPUT_TOKENS: tokens('The same for models of GLM.', 8_192),

  ...MAINTENANCE_PROPERTIES,

  DATABASE_URL: secret('PostgreSQL connection string. Unset: npm start brings its own database.'),
  LEDGER_POOL_SIZE: whole('Database connections per process.', 10, 2, 200),
  INSTANCE_ID: optionalText(
    'Separates installations that share a provider account. Unset: made once, kept in the ledger.',
  ),

  TEMPORAL_ADDRESS: optionalText('host:port of the Temporal server. Unset: npm start brings its own.'),
  TEMPORAL_NAMESPACE: Type.String({ default: 'default', minLength: 1, description: 'Temporal namespace.' }),
  TEMPORAL_CLI: optionalPath('Path of the temporal binary that npm start uses.'),
  TEMPORAL_UI_URL: optionalText('Base URL of the Temporal Web UI, for the links in answers.'),
  TASK_QUEUE: Type.String({ default: 'loiter-killer', minLength: 1, description: 'Temporal task queue.' }),
  MAX_CACHED_WORKFLOWS: whole('Workflows a worker keeps in memory; sleeping ones need none.', 60, 2, 100_000),
  OUTBOX_POLL_SECONDS: whole('Seconds between two looks for rows whose workflow has to be told.', 3, 1, 60),

  DATA_DIR: Type.String({
    default: './data',
    minLength: 1,
    path: true,
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
