import { readFileSync } from 'node:fs';
import type {
  AnswerRecord,
  AttachRecord,
  HistoryRecord,
  InvokeRecord,
  LeaseRecord,
  LeftRecord,
  ProviderRecord,
  RunRecord,
  TroubleRecord,
  UploadRecord,
} from './contract.ts';

/** A call with what became of it; `end` is Infinity and the outcome unknown where nothing came. */
export interface Call extends Omit<InvokeRecord, 'type' | 'at'> {
  readonly begin: number;
  readonly end: number;
  readonly answer: Omit<AnswerRecord, 'type' | 'at' | 'id'>;
}

export interface History {
  readonly run: RunRecord;
  /** In the order of their beginning. */
  readonly calls: readonly Call[];
  readonly attachments: readonly AttachRecord[];
  readonly troubles: readonly TroubleRecord[];
  readonly provider: readonly ProviderRecord[];
  readonly leases: readonly LeaseRecord[];
  readonly uploads: readonly UploadRecord[];
  readonly left: LeftRecord;
}

const NO_ANSWER = {
  outcome: 'unknown',
  status: null,
  code: null,
  leaseId: null,
  leaseSeconds: null,
  body: {},
} as const;

function toCall({ type: _type, at, ...rest }: InvokeRecord, answer: AnswerRecord | undefined): Call {
  return { ...rest, begin: at, end: answer?.at ?? Infinity, answer: answer ?? NO_ANSWER };
}

/** Puts the lines together. Throws where the first or the last one is missing. */
export function assemble(records: readonly HistoryRecord[]): History {
  const of = <Type extends HistoryRecord['type']>(type: Type) =>
    records.filter((record): record is Extract<HistoryRecord, { type: Type }> => record.type === type);
  const answers = new Map(of('answer').map((answer) => [answer.id, answer]));
  const [run] = of('run');
  const [left] = of('left');
  if (run === undefined || left === undefined) throw new Error('the history is not complete');
  return {
    run,
    calls: of('invoke').map((call) => toCall(call, answers.get(call.id))),
    attachments: of('attach'),
    troubles: of('trouble'),
    provider: of('provider'),
    leases: of('lease'),
    uploads: of('upload'),
    left,
  };
}

/** Reads a history that was recorded. */
export function readHistory(file: string): History {
  const lines = readFileSync(file, 'utf8').split('\n');
  return assemble(lines.filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryRecord));
}
