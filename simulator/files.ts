import { ApiError, badRequest } from './api-error.ts';
import { refuseFile } from './file-limits.ts';
import { deletion, fileOf, hideNew, idAt, nowSeconds, type OperationCall } from './operation.ts';
import type { ReceivedForm } from './receive-form.ts';
import type { FileRecord } from './records.ts';

/** OpenAI's bounds of a file's own expiry, in seconds (openai-openapi 2.3.0). */
const EXPIRY_SECONDS = { min: 3_600, max: 2_592_000 };

function expirySecondsOf({ fields }: ReceivedForm): number | null {
  const anchor = fields.get('expires_after[anchor]');
  const text = fields.get('expires_after[seconds]');
  if (anchor === undefined && text === undefined) return null;
  const seconds = Number(text);
  const fits = Number.isInteger(seconds) && seconds >= EXPIRY_SECONDS.min && seconds <= EXPIRY_SECONDS.max;
  if (anchor !== 'created_at' || !fits) throw badRequest("Invalid 'expires_after'.", 'expires_after');
  return seconds;
}

/** What the form asks for. Throws what the provider refuses it with. */
function wantedFile(call: OperationCall) {
  const { form, flavour } = call;
  if (form instanceof ApiError) throw form;
  const file = form?.file;
  if (file === undefined) throw badRequest("Missing required parameter: 'file'.", 'file');
  const purpose = form?.fields.get('purpose');
  if (purpose === undefined || !flavour.purposes.includes(purpose))
    throw badRequest("Invalid 'purpose'.", 'purpose');
  refuseFile(call, file);
  return { file, purpose, expirySeconds: form === undefined ? null : expirySecondsOf(form) };
}

export function uploadFile(call: OperationCall) {
  const { file, purpose, expirySeconds } = wantedFile(call);
  const id = call.world.newId('file-test');
  const createdAt = nowSeconds();
  const value: FileRecord = {
    id,
    n: call.world.next(),
    account: call.account,
    created_at: createdAt,
    filename: file.filename,
    purpose,
    bytes: file.bytes,
    expires_at: expirySeconds === null ? null : createdAt + expirySeconds,
    sha256: file.sha256,
    content: call.world.contents.adopt(file, id),
  };
  call.world.commit({ put: 'file', value });
  hideNew(call, value.id);
  call.note({ effect: 'created', target: value.id, lease: null });
  return call.flavour.fileView(value);
}

export function retrieveFile(call: OperationCall) {
  return call.flavour.fileView(fileOf(call, idAt(call, 0)));
}

/** Kimi gives the text of the file, not the file. */
function extractOf(call: OperationCall, file: FileRecord): object {
  const content = call.world.contents.of(file);
  const text = typeof content === 'string' ? '' : content.toString('utf8');
  return { content: text, file_type: 'text/plain', filename: file.filename, title: '', type: 'file' };
}

export function fileContent(call: OperationCall): object | Buffer | string {
  const file = fileOf(call, idAt(call, 0));
  const { flavour, config, world } = call;
  const [usual] = flavour.purposes;
  if (config.assistants_content === 'given' || file.purpose !== usual) return world.contents.of(file);
  if (flavour.name === 'kimi') return extractOf(call, file);
  throw badRequest(`Not allowed to download files of purpose: ${file.purpose}`);
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
