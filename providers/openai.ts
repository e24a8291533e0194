import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import pLimit from 'p-limit';
import type { ProviderName } from '../domain/providers.ts';
import { createCaller, type Caller, type ProviderMeter } from './caller.ts';
import { fileContent } from './content.ts';
import { DIALECTS } from './dialect.ts';
import { listedFile } from './listed-file.ts';
import { pagesOf, type GetPage } from './pages.ts';
import type { ProviderFile, StoreProvider } from './port.ts';
import { deleteFileRequest, filePageRequest, retrieveFileRequest, uploadRequest } from './request.ts';
import { createSdkClient } from './sdk-client.ts';
import { noStoreCalls, storeCalls, type StoreCalls } from './store-calls.ts';
import { uploadTransport } from './upload-transport.ts';
import { openUpload } from './upload.ts';

export interface OpenAIProviderOptions {
  /** Whose API it is: the account's name, and what differs from OpenAI's. */
  readonly name: ProviderName;
  readonly offersStores: boolean;
  /** Normalised: no trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  /** Deletions under way at once. */
  readonly concurrency: number;
  readonly meter: ProviderMeter;
}

type FileCalls = Omit<StoreProvider, keyof StoreCalls | 'account' | 'offersStores'>;

function fileCalls(options: OpenAIProviderOptions, client: OpenAI, call: Caller): FileCalls {
  const { baseUrl, apiKey, meter } = options;
  const dialect = DIALECTS[options.name];
  const listFiles: StoreProvider['listFiles'] = (limits) => {
    const getPage: GetPage<ProviderFile> = (from, each) => call(filePageRequest(client, dialect, from), each);
    return pagesOf({ operation: 'list_files', getPage }, limits);
  };
  return {
    listFiles,
    deleteFile: (fileId, limits) => call(deleteFileRequest(client, fileId), limits),
    retrieveFile: (fileId, limits) =>
      dialect.retrievesFiles
        ? call(retrieveFileRequest(client, fileId), limits)
        : listedFile(listFiles(limits), fileId),
    uploadFile: async (file, limits) => {
      const handle = await openUpload(file);
      try {
        const transport = uploadTransport(handle, file.sizeBytes);
        return await call(uploadRequest(createSdkClient(baseUrl, apiKey, transport), file), limits);
      } finally {
        await handle.close();
      }
    },
    fileContent: (fileId, limits) => fileContent({ client, apiKey, meter }, fileId, limits),
  };
}

/** The adapter for OpenAI and every provider that speaks its API. */
export function createOpenAIProvider(options: OpenAIProviderOptions): StoreProvider {
  const { name, offersStores, baseUrl, apiKey, testMode, meter } = options;
  const client = createSdkClient(baseUrl, apiKey);
  const limit = pLimit(options.concurrency);
  const call = createCaller({ apiKey, meter, deletionTurn: (send) => limit(send) });
  return {
    account: {
      provider: name,
      baseUrl,
      organization: '',
      testMode,
      keyFingerprint: createHash('sha256').update(apiKey).digest('hex').slice(0, 16),
    },
    offersStores,
    ...(offersStores ? storeCalls(client, call) : noStoreCalls(name)),
    ...fileCalls(options, client, call),
  };
}
