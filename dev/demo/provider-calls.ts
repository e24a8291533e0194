import OpenAI, { toFile } from 'openai';
import { TEST_MODE_KEY } from '../../config/index.ts';

/** What the MCP server of the story does at the provider itself: uploads a file and puts it into the store. */
export async function uploadInto(baseURL: string, storeId: string, text: string): Promise<string> {
  const provider = new OpenAI({
    baseURL,
    apiKey: TEST_MODE_KEY,
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
  });
  const file = await provider.files.create({
    file: await toFile(Buffer.from(text), 'notes.txt'),
    purpose: 'assistants',
  });
  await provider.vectorStores.files.create(storeId, { file_id: file.id });
  return file.id;
}
