import type { FastifyReply } from 'fastify';

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a body that is JSON text already. */
export function sendJson(reply: FastifyReply, status: number, body: string): void {
  void reply.code(status).header('content-type', JSON_TYPE).send(body);
}
