import { badRequest } from './api-error.ts';
import {
  deletion,
  fileOf,
  hideNew,
  idAt,
  listQuery,
  nowSeconds,
  owns,
  type OperationCall,
} from './operation.ts';
import { FILE_PAGE, listAnswer, paginate } from './paginate.ts';
import type { FileRecord } from './records.ts';

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];
/** OpenAI's bounds of a file's own expiry, in seconds (openai-openapi 2.3.0). */
const EXPIRY_SECONDS = { min: 3_600, max: 2_592_000 };

function fileView(file: FileRecord) {
  return {
    id: file.id,
    object: 'file' as const,
    bytes: file.bytes,
    created_at: file.created_at,
    expires_at: file.expires_at,
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed' as const,
    status_details: null,
  };
}

async function formOf(call: OperationCall): Promise<FormData> {
  try {
    // The runtime's own parser for multipart bodies.
    return await new Response(new Uint8Array(call.body), {
      headers: { 'content-type': call.contentType },
    }).formData();
  } catch {
    throw badRequest('Invalid multipart form data.');
  }
}

function expirySecondsOf(form: FormData): number | null {
  const anchor = form.get('expires_after[anchor]');
  const text = form.get('expires_after[seconds]');
  if (anchor === null && text === null) return null;
  const seconds = Number(text);
  const fits = Number.isInteger(seconds) && seconds >= EXPIRY_SECONDS.min && seconds <= EXPIRY_SECONDS.max;
  if (anchor !== 'created_at' || !fits) throw badRequest("Invalid 'expires_after'.", 'expires_after');
  return seconds;
}

export async function uploadFile(call: OperationCall) {
  const form = await formOf(call);
  const file = form.get('file');
  const purpose = form.get('purpose');
  if (!(file instanceof File)) throw badRequest("Missing required parameter: 'file'.", 'file');
  if (typeof purpose !== 'string' || !PURPOSES.includes(purpose))
    throw badRequest("Invalid 'purpose'.", 'purpose');
  const expiry = expirySecondsOf(form);
  const bytes = Buffer.from(await file.arrayBuffer());
  const createdAt = nowSeconds();
  const value: FileRecord = {
    id: call.world.newId('file-test'),
    n: call.world.next(),
    account: call.account,
    created_at: createdAt,
    filename: file.name,
    purpose,
    bytes: bytes.length,
    expires_at: expiry === null ? null : createdAt + expiry,
    content: bytes.toString('base64'),
  };
  call.world.commit({ put: 'file', value });
  hideNew(call, value.id);
  call.note({ effect: 'created', target: value.id, lease: null });
  return fileView(value);
}

export function listFiles(call: OperationCall) {
  const { fault, world } = call;
  if (fault?.kind === 'empty_list') return listAnswer([], fault.has_more ?? false);
  const purpose = call.query.get('purpose');
  const visible: FileRecord[] = [];
  for (const file of world.files.values()) {
    const asked = purpose === null || file.purpose === purpose;
    if (owns(call, file) && asked && !world.hiding.meet(file.id)) visible.push(file);
  }
  const page = paginate(visible, listQuery(call), { limits: FILE_PAGE, position: world.position });
  return listAnswer(page.items.map(fileView), fault?.kind === 'repeat_cursor' || page.hasMore);
}

export function retrieveFile(call: OperationCall) {
  return fileView(fileOf(call, idAt(call, 0)));
}

export function fileContent(call: OperationCall): Buffer {
  return Buffer.from(fileOf(call, idAt(call, 0)).content, 'base64');
}

/** Deletes the file and takes it out of every store. */
export function deleteFile(call: OperationCall) {
  const file = fileOf(call, idAt(call, 0));
  const { real, answer } = deletion(call, file.id, 'file');
  if (real) {
    call.world.commit({ drop: 'file', id: file.id });
    call.note({ effect: 'deleted', target: file.id, lease: null });
  }
  return answer;
}
