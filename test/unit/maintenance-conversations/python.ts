/** LangGraph's SQLite saver for Python, where it is installed; and what it once wrote, for where it is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pythonWith } from '../maintenance/python.ts';

const python = pythonWith('langgraph.checkpoint.sqlite');
export const hasPythonSaver = python !== undefined;

const PRELUDE = `
import json, sys
from datetime import datetime
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.base import empty_checkpoint, uuid6
given = json.loads(sys.argv[2])
def config(thread, ns="", id=None):
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ns, **({"checkpoint_id": id} if id else {})}}
`;

/** Runs a program with LangGraph's saver as `saver` on a database; resolves with what it printed, read as JSON. */
export async function withPythonSaver(path: string, program: string, given: unknown = {}): Promise<unknown> {
  const indented = program.replaceAll('\n', '\n    ');
  const text = `${PRELUDE}with SqliteSaver.from_conn_string(sys.argv[1]) as saver:\n    saver.setup()\n    ${indented}\n`;
  const printed = (await python?.(['-c', text, path, JSON.stringify(given)])) ?? '';
  return printed === '' ? undefined : (JSON.parse(printed) as unknown);
}

/** Fills a database with what the saver wrote for `python.test.ts` when it was recorded: a dump of SQLite's. */
export function loadRecorded(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(readFileSync(join(import.meta.dirname, 'fixtures/written-by-python.sql'), 'utf8'));
  database.close();
}
