import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { LeaseAnswer } from '../../contract/lease.ts';
import { SessionParams } from '../../contract/parts.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeLease } from '../lease-view.ts';

const schema = {
  tags: ['operations'],
  params: SessionParams,
  response: {
    200: LeaseAnswer,
    ...OperatorAnswers,
    ...CallAnswers,
    404: ErrorAnswer('SESSION_NOT_FOUND'),
    503: ErrorAnswer('LEDGER_UNAVAILABLE', 'LEASE_SETTLING'),
  },
};

/** `POST /session/{id}/protect` and `/unprotect`: two verbs of one switch. */
export function protectRoutes(app: App, deps: ApiDeps): void {
  addSwitch(app, deps, {
    verb: 'protect',
    protect: true,
    summary: 'Take the deadline away from the live lease.',
  });
  addSwitch(app, deps, {
    verb: 'unprotect',
    protect: false,
    summary: 'Give the live lease a deadline again, a full length from now.',
  });
}

interface Switch {
  readonly verb: string;
  readonly protect: boolean;
  readonly summary: string;
}

function addSwitch(app: App, { leases, settings }: ApiDeps, { verb, protect, summary }: Switch): void {
  const options = {
    schema: { operationId: verb, summary, ...schema },
    config: { access: 'operator' as const },
  };
  app.post(`/session/:session_id/${verb}`, options, async (request) => {
    const setting = leases.setProtected(request.params.session_id, protect);
    return describeLease(await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', setting), settings);
  });
}
