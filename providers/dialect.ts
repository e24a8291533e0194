import type { ProviderName } from '../domain/providers.ts';

/** What of the files' API differs between providers that otherwise speak OpenAI's. */
export interface Dialect {
  /** Query of a page of the account's files, newest first where the provider lets one choose. */
  readonly filePageQuery: (after: string | undefined) => Readonly<Record<string, string | number>>;
  /** An answer that does not tell whether there is more is the whole listing. */
  readonly mayOmitHasMore: boolean;
  /** A file can be asked for by its id; else it is looked for in the listing. */
  readonly retrievesFiles: boolean;
}

/** A tenth of OpenAI's largest page of files: some 300 kB an answer. */
const OPENAI_PAGE = 1_000;
/** GLM's largest page, and as many files as an account may hold (docs.bigmodel.cn, docs.z.ai). */
const GLM_PAGE = 100;

const from = (after: string | undefined) => (after === undefined ? {} : { after });

export const DIALECTS: Readonly<Record<ProviderName, Dialect>> = {
  openai: {
    filePageQuery: (after) => ({ limit: OPENAI_PAGE, order: 'desc', ...from(after) }),
    mayOmitHasMore: false,
    retrievesFiles: true,
  },
  // No parameter of a listing is documented, nor that an answer tells whether there is more (platform.kimi.ai).
  kimi: { filePageQuery: from, mayOmitHasMore: true, retrievesFiles: true },
  // `order` takes a column there, not a direction; neither the documentation nor Z.ai's SDK has a call for one file.
  glm: {
    filePageQuery: (after) => ({ limit: GLM_PAGE, ...from(after) }),
    mayOmitHasMore: true,
    retrievesFiles: false,
  },
};
