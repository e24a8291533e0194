import { expect, test } from 'vitest';
import { toFailure } from '../../../activities/failures.ts';
import { ServiceError } from '../../../domain/errors.ts';

test('an error of the catalogue crosses with its code and sentence', () => {
  expect(toFailure(new ServiceError('LEDGER_UNAVAILABLE'))).toMatchObject({
    type: 'LEDGER_UNAVAILABLE',
    message: 'The database is unavailable.',
    nonRetryable: false,
  });
  expect(toFailure(new ServiceError('INSTANCE_MISMATCH'))).toMatchObject({ nonRetryable: true });
});

test("a provider's Retry-After sets the next try", () => {
  expect(toFailure(new ServiceError('PROVIDER_THROTTLED', { retryAfterSeconds: 7 }))).toMatchObject({
    nextRetryDelay: 7_000,
  });
});

test('nothing of any other error crosses', () => {
  const failure = toFailure(new Error('password=hunter2', { cause: 'sk-secret' }));
  expect(failure).toMatchObject({ type: 'INTERNAL', message: 'Internal error.', nonRetryable: false });
  expect(JSON.stringify({ ...failure, message: failure.message, cause: failure.cause })).not.toMatch(
    /hunter|secret/,
  );
});
