import { setTimeout as pause } from 'node:timers/promises';
import { errorBody } from './api-error.ts';
import type { Fault, FaultRule, Phase } from './contract.ts';
import { phaseOf } from './fault-rule.ts';
import type { Holds } from './holds.ts';
import type { OpenEntry } from './journal.ts';
import { jsonReply, type Outcome, type Reply } from './reply.ts';

type StatusFault = Extract<Fault, { kind: 'status' }>;

function statusReply(fault: StatusFault): Reply {
  const headers: Record<string, string> = {};
  if (fault.retry_after !== undefined) headers['retry-after'] = String(fault.retry_after);
  if (fault.retry_after_ms !== undefined) headers['retry-after-ms'] = String(fault.retry_after_ms);
  if (typeof fault.body === 'string') {
    const body = Buffer.from(fault.body);
    return {
      status: fault.status,
      headers: { 'content-type': 'text/html', ...headers },
      body,
      delivery: 'whole',
    };
  }
  const type =
    fault.status === 429 ? 'requests' : fault.status >= 500 ? 'server_error' : 'invalid_request_error';
  const fallback = errorBody(`simulated ${fault.status}`, {
    type,
    code: fault.status === 429 ? 'rate_limit_exceeded' : null,
  });
  return jsonReply(fault.status, fault.body ?? fallback, headers);
}

/** Whether a rule strikes in that phase, and what then becomes of the call; `undefined` = it goes on. */
export async function meetFault(
  holds: Holds,
  met: { readonly rule: FaultRule; readonly entry: OpenEntry; readonly phase: Phase },
): Promise<Outcome | undefined> {
  if (phaseOf(met.rule) !== met.phase) return undefined;
  const { fault } = met.rule;
  if (fault.kind === 'status') return statusReply(fault);
  if (fault.kind === 'hang') return 'hang';
  if (fault.kind === 'drop_before' || fault.kind === 'drop_after') return 'drop';
  if (fault.kind === 'latency') await pause(fault.ms);
  if (fault.kind !== 'hold') return undefined;
  return (await holds.hold(fault.name, met.phase, met.entry)) === 'drop' ? 'drop' : undefined;
}

/** The answer as a fault disfigures it. */
export function disfigure(reply: Reply, fault: Fault): Reply {
  if (fault.kind === 'invalid_json')
    return { ...reply, status: 200, body: Buffer.from('{"id": "vs_test_tru') };
  if (fault.kind === 'answer') return jsonReply(200, fault.body);
  if (fault.kind === 'stall_body') return { ...reply, delivery: 'stall' };
  if (fault.kind === 'cut_body') return { ...reply, delivery: 'cut' };
  return reply;
}
