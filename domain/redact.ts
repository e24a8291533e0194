const MAX_ERROR_CHARACTERS = 240;
/** Shapes of keys and tokens that providers quote back in their messages. */
const SECRETS = [
  /\b(?:sk|pk|rk)-[A-Za-z0-9_*-]{4,}/g,
  /\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b/g,
  /\bBearer\s+\S+/gi,
  /\/\/[^/\s:@]+:[^/\s@]+@/g,
  /\b(?:api[_-]?key|token|password)\b\s*[=:]\s*\S+/gi,
];

/** A text that may be stored and shown: secrets blanked, one line, at most 240 characters. */
export function safeErrorText(text: string): string {
  const blanked = SECRETS.reduce((clean, secret) => clean.replace(secret, '[hidden]'), text);
  return blanked.replace(/\s+/g, ' ').trim().slice(0, MAX_ERROR_CHARACTERS);
}
