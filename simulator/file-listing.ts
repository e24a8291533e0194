import { listQuery, owns, type OperationCall } from './operation.ts';
import { FILE_PAGE, GLM_FILE_PAGE, listAnswer, paginate } from './paginate.ts';
import type { FileRecord } from './records.ts';

function visibleFiles(call: OperationCall, purpose: string | null): FileRecord[] {
  const { world } = call;
  const visible: FileRecord[] = [];
  for (const file of world.files.values()) {
    const asked = purpose === null || file.purpose === purpose;
    if (owns(call, file) && asked && !world.hiding.meet(file.id)) visible.push(file);
  }
  return visible;
}

/** All files at once, whatever the query says. */
function wholeListing(call: OperationCall) {
  const files = visibleFiles(call, null).toReversed();
  return { object: 'list' as const, data: files.map(call.flavour.fileView) };
}

function onePage(call: OperationCall) {
  const { fault, flavour, world } = call;
  const limits = flavour.name === 'glm' ? GLM_FILE_PAGE : FILE_PAGE;
  const query = listQuery(call);
  // GLM orders by the column that is named, newest first.
  if (flavour.name === 'glm') query.delete('order');
  const visible = visibleFiles(call, query.get('purpose'));
  const page = paginate(visible, query, { limits, position: world.position });
  const hasMore = fault?.kind === 'repeat_cursor' || page.hasMore;
  const data = page.items.map((file) => flavour.fileView(file) as { readonly id: string });
  return flavour.name === 'glm'
    ? { object: 'list' as const, data, has_more: hasMore }
    : listAnswer(data, hasMore);
}

export function listFiles(call: OperationCall) {
  const { fault, flavour } = call;
  if (fault?.kind === 'empty_list') return listAnswer([], fault.has_more ?? false);
  return flavour.name === 'kimi' ? wholeListing(call) : onePage(call);
}
