import { badRequest } from './api-error.ts';
import type { ExpiresAfter } from './records.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** OpenAI's bounds (openai-openapi 2.3.0). */
const METADATA = { pairs: 16, keyCharacters: 64, valueCharacters: 512 };
const EXPIRY_DAYS = { min: 1, max: 365 };
const MAX_FILE_IDS = 500;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function optionalString(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw badRequest(`Invalid type for '${name}': expected a string.`, name, 'invalid_type');
  return value;
}

export function requiredString(body: JsonObject, name: string): string {
  const value = optionalString(body, name);
  if (value === undefined) {
    throw badRequest(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
  }
  return value;
}

/** Metadata of a body; `undefined` where it says nothing, `{}` for null. */
export function metadataOf(body: JsonObject): Readonly<Record<string, string>> | undefined {
  const value = body['metadata'];
  if (value === undefined) return undefined;
  if (value === null) return {};
  if (!isObject(value))
    throw badRequest("Invalid type for 'metadata': expected an object.", 'metadata', 'invalid_type');
  const pairs = Object.entries(value);
  if (pairs.length > METADATA.pairs) {
    throw badRequest(`Invalid 'metadata': too many properties (at most ${METADATA.pairs}).`, 'metadata');
  }
  const clean: Record<string, string> = {};
  for (const [key, text] of pairs) {
    const param = `metadata.${key}`;
    if (typeof text !== 'string')
      throw badRequest(`Invalid type for '${param}': expected a string.`, param, 'invalid_type');
    if ([...key].length > METADATA.keyCharacters)
      throw badRequest(`Invalid key in 'metadata': too long.`, 'metadata');
    if ([...text].length > METADATA.valueCharacters) {
      throw badRequest(
        `Invalid '${param}': string too long (at most ${METADATA.valueCharacters}).`,
        param,
        'string_above_max_length',
      );
    }
    clean[key] = text;
  }
  return clean;
}

/** Expiry of a body; `undefined` where it says nothing, null clears it. */
export function expiresAfterOf(body: JsonObject): ExpiresAfter | null | undefined {
  const value = body['expires_after'];
  if (value === undefined || value === null) return value;
  if (!isObject(value) || value['anchor'] !== 'last_active_at') {
    throw badRequest("Invalid 'expires_after.anchor': expected 'last_active_at'.", 'expires_after.anchor');
  }
  const days = value['days'];
  if (
    typeof days !== 'number' ||
    !Number.isInteger(days) ||
    days < EXPIRY_DAYS.min ||
    days > EXPIRY_DAYS.max
  ) {
    throw badRequest(
      `Invalid 'expires_after.days': expected an integer between ${EXPIRY_DAYS.min} and ${EXPIRY_DAYS.max}.`,
      'expires_after.days',
    );
  }
  return { anchor: 'last_active_at', days };
}

export function fileIdsOf(body: JsonObject): readonly string[] {
  const value = body['file_ids'];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((id) => typeof id !== 'string')) {
    throw badRequest(
      "Invalid type for 'file_ids': expected an array of strings.",
      'file_ids',
      'invalid_type',
    );
  }
  if (value.length > MAX_FILE_IDS)
    throw badRequest(`Invalid 'file_ids': at most ${MAX_FILE_IDS}.`, 'file_ids');
  return value as string[];
}

export function attributesOf(body: JsonObject): Readonly<Record<string, string | number | boolean>> {
  const value = body['attributes'];
  if (value === undefined || value === null) return {};
  const fits = (one: unknown) => ['string', 'number', 'boolean'].includes(typeof one);
  if (!isObject(value) || !Object.values(value).every(fits))
    throw badRequest("Invalid 'attributes'.", 'attributes');
  return value as Record<string, string | number | boolean>;
}
