import type { ApiSettings } from './deps.ts';

/** The workflow's page in the Temporal Web UI; null where none is configured. */
export function workflowUrl(
  workflowId: string,
  settings: Pick<ApiSettings, 'temporalNamespace' | 'temporalUiUrl'>,
): string | null {
  if (settings.temporalUiUrl === undefined) return null;
  const base = settings.temporalUiUrl.replace(/\/+$/, '');
  const namespace = encodeURIComponent(settings.temporalNamespace);
  return `${base}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
