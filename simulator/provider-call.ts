import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { TAG_LEASE } from '../domain/store-tags.ts';
import { ApiError } from './api-error.ts';
import type { FaultRule, SimulatorConfig } from './contract.ts';
import type { Faults } from './faults.ts';
import { accountAt, flavourAt, type Flavour } from './flavour.ts';
import type { Holds } from './holds.ts';
import type { Journal, OpenEntry } from './journal.ts';
import { disfigure, meetFault } from './meet-fault.ts';
import type { OperationCall } from './operation.ts';
import { receiveForm, type ReceivedForm } from './receive-form.ts';
import { bytesReply, errorReply, jsonReply, type Outcome, type Reply } from './reply.ts';
import { bodyBegins, fingerprintOf, headOf, readBody, type Request } from './request.ts';
import { matchRoute, type MatchedRoute } from './routes.ts';
import { isObject } from './validate.ts';
import type { World } from './world.ts';

/** What the calls share. */
export interface Stage {
  readonly world: World;
  readonly faults: Faults;
  readonly holds: Holds;
  readonly journal: Journal;
  config: SimulatorConfig;
}

/** `lease_id` of the store that the call is about or will make. */
function leaseOf(stage: Stage, request: Request, route: MatchedRoute | undefined): string | null {
  const id = route?.ids[0];
  if (id !== undefined) return stage.world.stores.get(id)?.metadata[TAG_LEASE] ?? null;
  if (route?.operation !== 'create_store') return null;
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    const metadata = isObject(body) ? body['metadata'] : undefined;
    const lease = isObject(metadata) ? metadata[TAG_LEASE] : undefined;
    return typeof lease === 'string' ? lease : null;
  } catch {
    return null;
  }
}

function targetOf(route: MatchedRoute | undefined): string | null {
  const second = ['retrieve_store_file', 'detach_file'].includes(route?.operation ?? '');
  return route?.ids[second ? 1 : 0] ?? null;
}

function unrouted({ errorBody }: Flavour, request: Request, isWrongMethod: boolean): Reply {
  if (!isWrongMethod)
    return errorReply(new ApiError(404, `Invalid URL (${request.method} ${request.path})`), errorBody);
  return jsonReply(
    405,
    errorBody(`Not allowed to ${request.method} on ${request.path}`, { code: 'method_not_supported' }),
  );
}

async function run(call: OperationCall, route: MatchedRoute): Promise<Reply> {
  try {
    const answer = await route.run(call);
    return Buffer.isBuffer(answer) || typeof answer === 'string'
      ? bytesReply(answer)
      : jsonReply(200, answer);
  } catch (error) {
    return errorReply(error, call.flavour.errorBody);
  }
}

interface RoutedCall {
  readonly entry: OpenEntry;
  readonly call: OperationCall;
  readonly route: MatchedRoute;
  readonly rule: FaultRule | undefined;
}

async function carryOut(stage: Stage, { entry, call, route, rule }: RoutedCall): Promise<Outcome> {
  if (stage.config.latency_ms > 0) await pause(stage.config.latency_ms);
  if (rule === undefined) return run(call, route);
  const early = await meetFault(stage.holds, { rule, entry, phase: 'before' });
  if (early !== undefined) return early;
  const reply = await run({ ...call, fault: rule.fault }, route);
  const late = await meetFault(stage.holds, { rule, entry, phase: 'after' });
  return late ?? disfigure(reply, rule.fault);
}

interface Arrived {
  readonly entry: OpenEntry;
  readonly request: Request;
  readonly flavour: Flavour;
  readonly route: MatchedRoute | undefined;
  readonly fingerprint: string | null;
  readonly isWrongMethod: boolean;
}

/** Enters a call into the journal: an upload when it begins, any other once its body is there. */
async function arrive(stage: Stage, incoming: IncomingMessage): Promise<Arrived> {
  const head = headOf(incoming);
  const { method, path, query } = head;
  const routed = matchRoute(method, path);
  const route = typeof routed === 'object' ? routed : undefined;
  const isUpload = route?.operation === 'upload_file';
  const request = { ...head, body: isUpload ? Buffer.alloc(0) : await readBody(incoming) };
  const fingerprint = fingerprintOf(head);
  const entry = stage.journal.arrive({
    operation: route?.operation ?? 'unknown',
    method,
    path,
    query,
    target: targetOf(route),
    lease: leaseOf(stage, request, route),
    key: fingerprint,
  });
  const isWrongMethod = routed === 'wrong_method';
  return { entry, request, flavour: flavourAt(path), route, fingerprint, isWrongMethod };
}

/** The form of an upload; what is none is told when its turn comes. Rejects where the client goes away. */
async function receive(
  { world, journal }: Stage,
  incoming: IncomingMessage,
  { entry, flavour }: Arrived,
): Promise<ReceivedForm | ApiError> {
  try {
    const { contents } = world;
    const form = await receiveForm(incoming, { contents, maxFileBytes: flavour.maxFileBytes });
    entry.sha256 = form.file?.sha256 ?? null;
    entry.bytes = form.file?.bytes ?? null;
    return form;
  } catch (error) {
    if (error instanceof ApiError) return error;
    journal.answer(entry, 'client_gone');
    throw error;
  }
}

async function answerRouted(
  stage: Stage,
  arrived: Arrived & { readonly route: MatchedRoute; readonly fingerprint: string },
  received: { readonly rule: FaultRule | undefined; readonly form: ReceivedForm | ApiError | undefined },
): Promise<Outcome> {
  const { entry, request, flavour, route, fingerprint } = arrived;
  const { rule, form } = received;
  const call: OperationCall = {
    operation: route.operation,
    flavour,
    world: stage.world,
    config: stage.config,
    account: accountAt(flavour, fingerprint),
    ids: route.ids,
    query: new URLSearchParams(request.query),
    body: request.body,
    form,
    fault: undefined,
    note: (changed) => stage.journal.effect(entry, changed),
  };
  return carryOut(stage, { entry, call, route, rule });
}

const NO_KEY = "You didn't provide an API key. You need to provide your API key in an Authorization header.";

/** Carries out one call of a provider's API and enters it into the journal. */
export async function providerCall(
  stage: Stage,
  incoming: IncomingMessage,
): Promise<{ entry: OpenEntry; outcome: Outcome }> {
  const arrived = await arrive(stage, incoming);
  const { entry, request, flavour, route, fingerprint, isWrongMethod } = arrived;
  const rule = fingerprint === null || route === undefined ? undefined : stage.faults.take(entry);
  entry.fault = rule?.fault.kind ?? null;
  if (rule?.phase === 'during') {
    await bodyBegins(incoming);
    const outcome = await meetFault(stage.holds, { rule, entry, phase: 'during' });
    if (outcome !== undefined) return { entry, outcome };
  }
  const form = route?.operation === 'upload_file' ? await receive(stage, incoming, arrived) : undefined;
  try {
    if (fingerprint === null)
      return { entry, outcome: errorReply(new ApiError(401, NO_KEY), flavour.errorBody) };
    if (route === undefined) return { entry, outcome: unrouted(flavour, request, isWrongMethod) };
    const outcome = await answerRouted(stage, { ...arrived, route, fingerprint }, { rule, form });
    return { entry, outcome };
  } finally {
    if (form !== undefined && !(form instanceof ApiError) && form.file !== undefined)
      stage.world.contents.discard(form.file);
  }
}
