import type { FastifyReply, FastifyRequest } from 'fastify';

/** How long a client that was answered may go on sending before it is cut off; less than a stopping api waits. */
const LINGER_MS = 8_000;

/**
 * Ends the connection behind an answer that does not wait for the rest of its request. Our side is closed with the
 * answer, and what the client still sends is thrown away until it is all there or `LINGER_MS` have passed: closing
 * both sides at once is a reset to TCP, which can take the answer from a client that has not read it yet.
 */
export function closeGently({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  reply.header('connection', 'close');
  const { socket } = raw;
  // What the server calls once the answer is written.
  socket.destroySoon = () => {
    socket.end();
    const destroy = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(destroy, LINGER_MS).unref();
    socket.once('close', () => {
      clearTimeout(timer);
    });
    raw.once('end', destroy).resume();
  };
}
