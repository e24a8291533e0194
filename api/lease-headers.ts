import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Held } from '../leases/contract.ts';

/** The lease that the caller believes to hold, where it says so. */
export function leaseIdOf(request: FastifyRequest): string | null {
  const given = request.headers['x-lease-id'];
  return typeof given === 'string' && given !== '' ? given : null;
}

/** Tells which lease was answered for and how long it lasts; a protected one has no end to tell. */
export function setLeaseHeaders(reply: FastifyReply, held: Held): void {
  reply.header('x-lease-id', held.leaseId);
  if (held.secondsLeft !== null) reply.header('x-lease-seconds', String(held.secondsLeft));
}
