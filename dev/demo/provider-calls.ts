import { TEST_MODE_KEY } from '../../config/index.ts';

const TIMEOUT_MS = 10_000;

/** What the MCP server of the story does at the provider itself: uploads a file and puts it into the store. */
export async function uploadInto(baseUrl: string, storeId: string, text: string): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'assistants');
  form.set('file', new Blob([text], { type: 'text/plain' }), 'notes.txt');
  const file = await post(`${baseUrl}/files`, form);
  await post(`${baseUrl}/vector_stores/${storeId}/files`, JSON.stringify({ file_id: file.id }));
  return file.id;
}

async function post(url: string, body: FormData | string): Promise<{ id: string }> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${TEST_MODE_KEY}`,
      ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as { id: string };
}
