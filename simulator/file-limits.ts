import { ApiError, badRequest } from './api-error.ts';
import { owns, type OperationCall } from './operation.ts';

/** How each provider words what it does not take; OpenAI's and Kimi's as documented or seen. */
const WORDS = {
  openai: {
    size: (limit: number) => new ApiError(413, `Maximum content size limit (${limit}) exceeded.`),
    count: (limit: number) => badRequest(`You have reached the limit of ${limit} files.`),
    storage: (limit: number) =>
      badRequest(
        `You have exceeded your file storage quota. Organizations are limited to ${limit} bytes of files. Please delete old files or attempt with a smaller file size.`,
      ),
  },
  kimi: {
    size: (limit: number) =>
      badRequest(
        `File size is too large, max file size is ${limit / 2 ** 20}MB, please confirm and re-upload the file`,
      ),
    count: (limit: number) =>
      badRequest(
        `The number of files you have uploaded exceeded the max file count ${limit}, please delete previous uploaded files`,
      ),
    storage: (limit: number) =>
      badRequest(`The total size of your files exceeds the limit of ${limit} bytes, please delete some`),
  },
  glm: {
    size: (limit: number) => badRequest(`The file is larger than ${limit / 2 ** 20}MB`),
    count: (limit: number) => badRequest(`The number of files exceeds the limit of ${limit}`),
    storage: (limit: number) => badRequest(`The total size of files exceeds the limit of ${limit} bytes`),
  },
};

/** Throws where the provider does not take the file: it is too large, or the account holds too much already. */
export function refuseFile(
  call: OperationCall,
  file: { readonly bytes: number; readonly truncated: boolean },
): void {
  const { flavour, config, world } = call;
  const words = WORDS[flavour.name];
  if (file.truncated) throw words.size(flavour.maxFileBytes);
  const countLimit = config[`${flavour.name}_file_limit`];
  const storageLimit = config[`${flavour.name}_storage_limit`];
  if (countLimit === 0 && storageLimit === 0) return;
  let count = 0;
  let bytes = 0;
  for (const other of world.files.values()) {
    if (!owns(call, other)) continue;
    count += 1;
    bytes += other.bytes;
  }
  if (countLimit > 0 && count >= countLimit) throw words.count(countLimit);
  if (storageLimit > 0 && bytes + file.bytes > storageLimit) throw words.storage(storageLimit);
}
