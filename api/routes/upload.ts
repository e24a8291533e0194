import multipart from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer, InvalidAnswer } from '../../contract/errors.ts';
import { LeaseIdHeader } from '../../contract/parts.ts';
import { UploadAnswer, UploadForm } from '../../contract/uploads.ts';
import { ANONYMOUS } from '../../domain/upload.ts';
import type { Uploaded } from '../../files/contract.ts';
import { closeGently } from '../close-gently.ts';
import { within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeUploaded } from '../file-view.ts';
import { leaseIdOf, setLeaseHeaders } from '../lease-headers.ts';
import { receiveUpload } from '../receive-upload.ts';

/** What reception and upload, each with a time limit of its own, get on top to answer by themselves. */
const MARGIN_MS = 15_000;

const schema = {
  operationId: 'upload',
  summary: 'Upload a file to a provider, unless it has the content already.',
  tags: ['files'],
  consumes: ['multipart/form-data'],
  headers: LeaseIdHeader,
  body: UploadForm,
  response: {
    200: UploadAnswer,
    ...GuardAnswers,
    400: ErrorAnswer('MULTIPART_INVALID', 'FILENAME_INVALID', 'EXTENSION_NOT_ALLOWED', 'FILE_EMPTY'),
    403: ErrorAnswer('QUOTA_EXCEEDED', 'HOST_FORBIDDEN'),
    404: ErrorAnswer('SESSION_NOT_FOUND'),
    409: ErrorAnswer(
      ...(['STORE_NOT_READY', 'STORE_FULL', 'LEASE_FULL', 'LEASE_REPLACED', 'FILE_BEING_DELETED'] as const),
    ),
    413: ErrorAnswer('FILE_TOO_LARGE'),
    422: Type.Union([InvalidAnswer, ErrorAnswer('PROVIDER_UNKNOWN', 'PROVIDER_HAS_NO_STORES')], {
      description: 'A field does not fit its schema, or names a provider that cannot do it.',
    }),
    429: ErrorAnswer('PROVIDER_FILE_COUNT_REACHED', 'RATE_LIMITED'),
    502: ErrorAnswer('PROVIDER_REFUSED'),
    503: ErrorAnswer(
      ...([
        'ALL_PROVIDERS_UNAVAILABLE',
        'UPLOADS_BUSY',
        'PROVIDER_UNAVAILABLE',
        'PROVIDER_THROTTLED',
      ] as const),
      ...(['SPOOL_UNAVAILABLE', 'LEDGER_UNAVAILABLE', 'LEASE_SETTLING'] as const),
    ),
    504: ErrorAnswer('UPLOAD_TIMEOUT'),
  },
};

/** Bodies are streams here: what is to be validated of one is found while it is read. */
const unread = () => () => true;

/**
 * `POST /files`. In a scope of its own: for every other route a form is a body like any other. Here a body of another
 * type is not read at all.
 */
export function uploadRoute(app: App, deps: ApiDeps): void {
  const config = { multipart: true, statuses: { PROVIDER_HAS_NO_STORES: 422 } };
  void app.register(async (scope: App) => {
    scope.addContentTypeParser('*', (_request, _body, done) => {
      done(null);
    });
    await scope.register(multipart);
    scope.post('/files', { schema, config, validatorCompiler: unread }, async (request, reply) => {
      const ended = deps.fileMeter.began();
      const limitMs = 2 * deps.settings.uploadTimeoutMs + MARGIN_MS;
      const work = carryOut(request, deps).finally(ended);
      const uploaded = await within(limitMs, 'UPLOAD_TIMEOUT', work).catch(endOf(request, reply));
      if (uploaded.lease !== null) setLeaseHeaders(reply, uploaded.lease);
      return describeUploaded(uploaded);
    });
  });
}

/** Goes on to its end whatever becomes of the client, once the whole body has come. */
async function carryOut(request: FastifyRequest, deps: ApiDeps): Promise<Uploaded> {
  const { files, spool, fileMeter: meter, settings } = deps;
  const received = await receiveUpload(request, { files, spool, meter, limitMs: settings.uploadTimeoutMs });
  const { file, filename, mimeType, field } = received;
  try {
    return await files.upload({
      file,
      filename,
      mimeType,
      purpose: field('purpose'),
      provider: field('provider'),
      userId: field('user_id') ?? ANONYMOUS,
      sessionId: field('session_id'),
      leaseId: leaseIdOf(request),
      requestId: request.id,
    });
  } finally {
    await file.remove();
  }
}

/** Whoever still sends what nobody reads is not listened to for long. */
function endOf(request: FastifyRequest, reply: FastifyReply) {
  return (error: unknown): never => {
    closeGently(request, reply);
    throw error;
  };
}
