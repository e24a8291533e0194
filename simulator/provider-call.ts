import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { TAG_LEASE } from '../domain/store-tags.ts';
import { ApiError, errorBody } from './api-error.ts';
import type { SimulatorConfig } from './contract.ts';
import type { Faults } from './faults.ts';
import type { Holds } from './holds.ts';
import type { Journal, OpenEntry } from './journal.ts';
import { disfigure, meetFault } from './meet-fault.ts';
import type { OperationCall } from './operation.ts';
import { bytesReply, errorReply, jsonReply, type Outcome, type Reply } from './reply.ts';
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

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Keys seen are few; the bound keeps a client that makes them up from growing the process. */
const MAX_FINGERPRINTS = 1_000;
const fingerprints = new Map<string, string>();

function fingerprintOf(key: string): string {
  const known = fingerprints.get(key);
  if (known !== undefined) return known;
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear();
  const made = createHash('sha256').update(key).digest('hex').slice(0, 16);
  fingerprints.set(key, made);
  return made;
}

function keyOf(request: Request): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
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

function unrouted(request: Request, routed: 'wrong_method' | undefined): Reply {
  if (routed === undefined)
    return errorReply(new ApiError(404, `Invalid URL (${request.method} ${request.path})`));
  return jsonReply(
    405,
    errorBody(`Not allowed to ${request.method} on ${request.path}`, { code: 'method_not_supported' }),
  );
}

async function run(call: OperationCall, route: MatchedRoute): Promise<Reply> {
  try {
    const answer = await route.run(call);
    return Buffer.isBuffer(answer) ? bytesReply(answer) : jsonReply(200, answer);
  } catch (error) {
    return errorReply(error);
  }
}

interface RoutedCall {
  readonly entry: OpenEntry;
  readonly call: OperationCall;
  readonly route: MatchedRoute;
}

async function carryOut(stage: Stage, { entry, call, route }: RoutedCall): Promise<Outcome> {
  const rule = stage.faults.take(entry);
  entry.fault = rule?.fault.kind ?? null;
  if (stage.config.latency_ms > 0) await pause(stage.config.latency_ms);
  if (rule === undefined) return run(call, route);
  const early = await meetFault(stage.holds, { rule, entry, phase: 'before' });
  if (early !== undefined) return early;
  const reply = await run({ ...call, fault: rule.fault }, route);
  const late = await meetFault(stage.holds, { rule, entry, phase: 'after' });
  return late ?? disfigure(reply, rule.fault);
}

/** Carries out one call of the provider's API and enters it into the journal. */
export async function providerCall(
  stage: Stage,
  request: Request,
): Promise<{ entry: OpenEntry; outcome: Outcome }> {
  const routed = matchRoute(request.method, request.path);
  const route = typeof routed === 'object' ? routed : undefined;
  const key = keyOf(request);
  const account = key === undefined ? null : fingerprintOf(key);
  const { method, path, query } = request;
  const entry = stage.journal.arrive({
    operation: route?.operation ?? 'unknown',
    method,
    path,
    query,
    target: targetOf(route),
    lease: leaseOf(stage, request, route),
    key: account,
  });
  if (account === null) {
    const message =
      "You didn't provide an API key. You need to provide your API key in an Authorization header.";
    return { entry, outcome: errorReply(new ApiError(401, message)) };
  }
  if (route === undefined)
    return { entry, outcome: unrouted(request, routed === 'wrong_method' ? routed : undefined) };
  const call: OperationCall = {
    operation: route.operation,
    world: stage.world,
    config: stage.config,
    account,
    ids: route.ids,
    query: new URLSearchParams(query),
    body: request.body,
    contentType: request.headers['content-type'] ?? '',
    fault: undefined,
    note: (changed) => stage.journal.effect(entry, changed),
  };
  return { entry, outcome: await carryOut(stage, { entry, call, route }) };
}
