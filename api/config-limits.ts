import { providerConnections, type Config } from '../config/index.ts';
import type { LimitsAnswer } from '../contract/config.ts';
import { fileSettings } from '../files/settings.ts';

/** What `GET /config/limits` answers: it does not change while the process runs. */
export function limitsOf(config: Config): LimitsAnswer {
  const { allowedExtensions, maxUserFileBytes, userQuotaBytes, retentionDays } = fileSettings(config);
  return {
    providers: providerConnections(config).map(({ name, offersStores, limits }) => ({
      provider: name,
      max_file_bytes: limits.maxFileBytes,
      max_files: limits.maxFiles,
      max_total_bytes: limits.maxTotalBytes,
      kept_days: limits.keptDays,
      default_purpose: limits.defaultPurpose,
      offers_stores: offersStores,
    })),
    files: {
      allowed_extensions: [...allowedExtensions],
      max_file_bytes_per_user: maxUserFileBytes,
      user_quota_bytes: userQuotaBytes,
      upload_timeout_seconds: config.UPLOAD_TIMEOUT,
      retention_days: retentionDays,
    },
    mcp: {
      max_prompt_characters: config.MCP_PROMPT_SIZE_LIMIT,
      max_output_tokens: {
        default: config.DEFAULT_MAX_OUTPUT_TOKENS,
        kimi: config.KIMI_MAX_OUTPUT_TOKENS,
        glm: config.GLM_MAX_OUTPUT_TOKENS,
      },
    },
  };
}
