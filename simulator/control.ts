import { badRequest, notFound } from './api-error.ts';
import { CONTENT_RULES, type SimulatorConfig, type StateView } from './contract.ts';
import { faultRuleOf } from './fault-rule.ts';
import type { ReleaseHow } from './holds.ts';
import { jsonBody } from './operation.ts';
import type { Stage } from './provider-call.ts';
import type { Request } from './request.ts';
import { isExpired } from './store-expiry.ts';

/** All control routes lie under this. */
export const CONTROL_PREFIX = '/_control/';

function stateView(stage: Stage): StateView {
  const { world } = stage;
  return {
    boot: stage.journal.boot,
    config: stage.config,
    stores: [...world.stores.values()].map((store) => ({
      id: store.id,
      name: store.name,
      status: isExpired(store) ? 'expired' : 'completed',
      account: store.account,
      created_at: store.created_at,
      expires_after_days: store.expires_after?.days ?? null,
      metadata: store.metadata,
      files: [...world.attachments(store.id).keys()],
    })),
    files: [...world.files.values()].map((file) => ({
      id: file.id,
      filename: file.filename,
      bytes: file.bytes,
      sha256: file.sha256,
      purpose: file.purpose,
      created_at: file.created_at,
      account: file.account,
    })),
  };
}

function fits(value: unknown, known: unknown): boolean {
  if (typeof value !== typeof known) return false;
  if (typeof value === 'string') return (CONTENT_RULES as readonly string[]).includes(value);
  return typeof value !== 'number' || value >= 0;
}

function configure(stage: Stage, request: Request): SimulatorConfig {
  const next: Record<string, unknown> = { ...stage.config };
  for (const [name, value] of Object.entries(jsonBody(request))) {
    if (!fits(value, next[name])) throw badRequest(`Unknown or unfit setting: ${name}.`);
    next[name] = value;
  }
  stage.config = next as unknown as SimulatorConfig;
  return stage.config;
}

function expire(stage: Stage, id: string): object {
  const store = stage.world.stores.get(id);
  if (store === undefined) throw notFound(`No vector store found with id '${id}'.`);
  stage.world.commit({ put: 'store', value: { ...store, forced_expired: true } });
  return { expired: id };
}

/** Takes a store away behind everybody's back, as an operator at the provider's own console would. */
function vanish(stage: Stage, id: string): object {
  if (!stage.world.stores.has(id)) throw notFound(`No vector store found with id '${id}'.`);
  stage.world.commit({ drop: 'store', id });
  return { vanished: id };
}

/** Moves the time at which a store or a file was made into the past. */
function age(stage: Stage, id: string, request: Request): object {
  const { seconds } = jsonBody(request);
  if (typeof seconds !== 'number') throw badRequest('Expected {"seconds": number}.');
  const { world } = stage;
  const [store, file] = [world.stores.get(id), world.files.get(id)];
  if (store !== undefined) {
    world.commit({ put: 'store', value: { ...store, created_at: store.created_at - seconds } });
  } else if (file !== undefined) {
    world.commit({ put: 'file', value: { ...file, created_at: file.created_at - seconds } });
  } else throw notFound(`Neither a store nor a file with id '${id}'.`);
  return { aged: id };
}

function release(stage: Stage, name: string, request: Request): object {
  const how: ReleaseHow = jsonBody(request)['how'] === 'drop' ? 'drop' : 'continue';
  return { released: stage.holds.release(name, how) };
}

/** Answers a control route; throws `ApiError` for an unknown one. */
export function controlCall(stage: Stage, request: Request): object {
  const { faults, journal } = stage;
  const [verb = '', argument = ''] = request.path
    .slice(CONTROL_PREFIX.length)
    .split('/')
    .map(decodeURIComponent);
  switch (`${request.method} ${verb}`) {
    case 'POST faults':
      return { id: faults.add(faultRuleOf(jsonBody(request))) };
    case 'GET faults':
      return { faults: faults.list() };
    case 'DELETE faults':
      faults.clear();
      return { faults: [] };
    case 'POST release':
      return release(stage, argument, request);
    case 'GET held':
      return { held: stage.holds.held() };
    case 'GET journal':
      return journal.page(Number(new URLSearchParams(request.query).get('since') ?? 0));
    case 'GET state':
      return stateView(stage);
    case 'GET config':
      return stage.config;
    case 'POST config':
      return configure(stage, request);
    case 'POST expire':
      return expire(stage, argument);
    case 'POST vanish':
      return vanish(stage, argument);
    case 'POST age':
      return age(stage, argument, request);
    case 'GET health':
      return { status: 'healthy', boot: journal.boot };
    default:
      throw notFound(`Unknown control route ${request.method} ${request.path}`);
  }
}
