import { Type } from 'typebox';

const count = (description: string) => Type.Integer({ description });

const Provider = Type.Object({
  provider: Type.String(),
  live_files: count('Uploaded files that the provider has.'),
  live_bytes: count('Their bytes.'),
  uploads: count('Uploads that the provider took, ever.'),
  dedupe_hits: count('Uploads answered without anything being sent, ever.'),
  bytes_saved: count('Bytes that were not sent for that.'),
  failed: count('Uploads that failed and are still known.'),
  deleting: count('Files marked for deletion and not proven gone.'),
  stuck: count('Files whose deletion keeps failing, and uploads that only a person can settle.'),
});

export const FileStatsAnswer = Type.Object(
  {
    dedupe_hits: count('Of all providers.'),
    bytes_saved: count('Of all providers.'),
    providers: Type.Array(Provider),
  },
  {
    description: 'What was uploaded and what was saved.',
    examples: [
      {
        dedupe_hits: 2,
        bytes_saved: 2_097_152,
        providers: [
          {
            provider: 'openai',
            live_files: 10,
            live_bytes: 10_485_760,
            uploads: 12,
            dedupe_hits: 2,
            bytes_saved: 2_097_152,
            failed: 1,
            deleting: 1,
            stuck: 0,
          },
        ],
      },
    ],
  },
);
