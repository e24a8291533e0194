import type { ProviderName } from '../domain/providers.ts';
import { errorBody, type ErrorShape } from './api-error.ts';
import type { FileRecord } from './records.ts';

/** A provider as it is played: whose API, under which path, with which limits and wording. */
export interface Flavour {
  readonly name: ProviderName;
  /** Of every path of the provider, without a trailing slash. */
  readonly prefix: string;
  readonly purposes: readonly string[];
  /** Bytes of the largest file. */
  readonly maxFileBytes: number;
  readonly errorBody: ErrorShape;
  /** A file as the provider sends it. */
  readonly fileView: (file: FileRecord) => object;
}

const MIB = 2 ** 20;

function commonView({ id, bytes, created_at, filename, purpose }: FileRecord) {
  return { id, object: 'file' as const, bytes, created_at, filename, purpose };
}

/** openai-openapi 2.3.0. */
const OPENAI: Flavour = {
  name: 'openai',
  prefix: '/v1',
  purposes: ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'],
  maxFileBytes: 512 * MIB,
  errorBody,
  fileView: (file) => ({
    ...commonView(file),
    expires_at: file.expires_at,
    status: 'processed' as const,
    status_details: null,
  }),
};

/** platform.kimi.ai/docs/api. */
const KIMI: Flavour = {
  name: 'kimi',
  prefix: '/kimi/v1',
  purposes: ['file-extract', 'image', 'video', 'batch'],
  maxFileBytes: 100 * MIB,
  errorBody: (message, details) => ({ error: { message, type: details.type ?? 'invalid_request_error' } }),
  fileView: (file) => ({ ...commonView(file), status: 'ready' as const, status_details: '' }),
};

/** docs.z.ai/api-reference and docs.bigmodel.cn/api-reference. 1214: a parameter is invalid. */
const GLM: Flavour = {
  name: 'glm',
  prefix: '/glm/v4',
  purposes: ['agent', 'batch', 'code-interpreter', 'file-extract'],
  maxFileBytes: 100 * MIB,
  errorBody: (message, details) => ({ error: { code: details.code ?? '1214', message } }),
  fileView: commonView,
};

export const FLAVOURS = { openai: OPENAI, kimi: KIMI, glm: GLM };

/** Whose API a path belongs to; OpenAI's where it is nobody's. */
export function flavourAt(path: string): Flavour {
  return [KIMI, GLM].find(({ prefix }) => path.startsWith(`${prefix}/`)) ?? OPENAI;
}

/** What a key owns at a provider: the same key is another account at another one. */
export function accountAt(flavour: Flavour, fingerprint: string): string {
  return flavour === OPENAI ? fingerprint : `${flavour.name}:${fingerprint}`;
}

/** The provider of an account. */
export function providerOf(account: string): ProviderName {
  return [KIMI, GLM].find(({ name }) => account.startsWith(`${name}:`))?.name ?? 'openai';
}
