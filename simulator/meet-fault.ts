import { setTimeout as pause } from 'node:timers/promises';
import { errorBody } from './api-error.ts';
import type { Fault, FaultRule, Phase } from './contract.ts';
import { phaseOf, type Faults } from './faults.ts';
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
  faults: Faults,
  met: { readonly rule: FaultRule; readonly entry: OpenEntry; readonly phase: Phase },
): Promise<Outcome | undefined> {
  if (phaseOf(met.rule) !== met.phase) return undefined;
  const { fault } = met.rule;
  switch (fault.kind) {
    case 'status':
      return statusReply(fault);
    case 'hang':
      return 'hang';
    case 'hold':
      return (await faults.hold(fault.name, met.phase, met.entry)) === 'drop' ? 'drop' : undefined;
    case 'drop_before':
    case 'drop_after':
      return 'drop';
    case 'latency':
      await pause(fault.ms);
      return undefined;
    default:
      return undefined;
  }
}

/** The answer as a fault disfigures it. */
export function disfigure(reply: Reply, fault: Fault | undefined): Reply {
  switch (fault?.kind) {
    case 'invalid_json':
      return { ...reply, status: 200, body: Buffer.from('{"id": "vs_test_tru') };
    case 'answer':
      return jsonReply(200, fault.body);
    case 'stall_body':
      return { ...reply, delivery: 'stall' };
    case 'cut_body':
      return { ...reply, delivery: 'cut' };
    default:
      return reply;
  }
}
