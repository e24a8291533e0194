import { Type, type Static } from 'typebox';
import { PROVIDER_NAMES } from '../domain/providers.ts';
import { LISTED_MODELS } from '../domain/timeouts.ts';
import { NullableText, Text } from './parts.ts';

/** The providers' names of models are below 64 characters. */
const MAX_MODEL_BYTES = 200;

const count = (description: string) => Type.Integer({ description });
const countOrNull = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description });
const seconds = (description: string) =>
  Type.Number({ description: `${description} Seconds, exact to the millisecond.` });

export const TimeoutsQuery = Type.Object({
  model: Type.Optional(
    Text(MAX_MODEL_BYTES, {
      description: `A model that takes longer or shorter than others: ${LISTED_MODELS.join(', ')}. Any other name, none, and an empty one have the multiplier 1.`,
      examples: ['glm-4.6'],
    }),
  ),
});

export const TimeoutsAnswer = Type.Object(
  {
    model: NullableText({ description: 'The name that was asked for; null where none was.' }),
    multiplier: Type.Number({ description: 'What the model scales all timeouts by but that of the tool.' }),
    tool_seconds: seconds('A simple tool: SIMPLE_TOOL_TIMEOUT_SECS, the same for every model.'),
    workflow_seconds: seconds('A workflow tool: WORKFLOW_TOOL_TIMEOUT_SECS times the multiplier.'),
    daemon_seconds: seconds('1.5 times that of the workflow tool.'),
    shim_seconds: seconds('2 times that of the workflow tool.'),
    client_seconds: seconds('2.5 times that of the workflow tool.'),
  },
  {
    description: 'How long each link between a client and a tool of an MCP server is to wait.',
    examples: [
      {
        model: 'glm-4.6',
        multiplier: 1.3,
        tool_seconds: 30,
        workflow_seconds: 58.5,
        daemon_seconds: 87.75,
        shim_seconds: 117,
        client_seconds: 146.25,
      },
    ],
  },
);
export type TimeoutsAnswer = Static<typeof TimeoutsAnswer>;

const Provider = Type.Object({
  provider: Type.Enum([...PROVIDER_NAMES]),
  max_file_bytes: count('The largest file: the limit of the provider or of this service, the smaller one.'),
  max_files: countOrNull('Files that the account may hold; null = no limit.'),
  max_total_bytes: countOrNull('Bytes that the account may hold; null = no limit.'),
  kept_days: countOrNull('Days after which the provider drops a file by itself; null = never.'),
  default_purpose: Type.String({ description: 'The purpose of an upload that names none.' }),
  offers_stores: Type.Boolean({ description: 'A file can be uploaded for a session, into its store.' }),
});

export const LimitsAnswer = Type.Object(
  {
    providers: Type.Array(Provider, {
      description: 'Every provider that takes files: openai, kimi and glm, in this order, where configured.',
    }),
    files: Type.Object({
      allowed_extensions: Type.Array(Type.String(), { description: 'In lower case, without the dot.' }),
      max_file_bytes_per_user: count('The largest file of a user, whatever the provider.'),
      user_quota_bytes: count('What the live uploads of a user may come to.'),
      upload_timeout_seconds: count('From the last byte of an upload to its answer.'),
      retention_days: count('Days after which an unused upload that no lease holds is deleted.'),
    }),
    mcp: Type.Object({
      max_prompt_characters: count('The longest prompt.'),
      max_output_tokens: Type.Object(
        {
          default: count('Models of no other entry.'),
          kimi: count('Models of Kimi.'),
          glm: count('Models of GLM.'),
        },
        { description: 'The longest answer, by whose model it is.' },
      ),
    }),
  },
  {
    description: 'What uploads and the calls of MCP servers have to keep to.',
    examples: [
      {
        providers: [
          {
            provider: 'glm',
            max_file_bytes: 20_971_520,
            max_files: 100,
            max_total_bytes: null,
            kept_days: 180,
            default_purpose: 'agent',
            offers_stores: false,
          },
        ],
        files: {
          allowed_extensions: ['txt', 'pdf', 'md'],
          max_file_bytes_per_user: 536_870_912,
          user_quota_bytes: 10_737_418_240,
          upload_timeout_seconds: 300,
          retention_days: 30,
        },
        mcp: {
          max_prompt_characters: 60_000,
          max_output_tokens: { default: 8_192, kimi: 16_384, glm: 8_192 },
        },
      },
    ],
  },
);
export type LimitsAnswer = Static<typeof LimitsAnswer>;
