/** The checker finds what breaks a promise about uploads, and nothing where all are kept. */
import { expect, test } from 'vitest';
import { check } from '../../chaos/check/check.ts';
import {
  acquire,
  broken,
  drop,
  FILE,
  fileGone,
  history,
  lived,
  taken,
  trouble,
  upload,
  UPLOADED,
  uploadRow,
} from './told.ts';

const uploadLeft = { files: ['file-foreign', FILE, 'file-2', UPLOADED] };
const unsettled = { file: null, status: 'failed', uncertain: true, deletedAt: null, provenAt: null };

test.each([
  [
    'an upload held until it is dropped',
    [...upload(5_000), taken(5_005), ...drop(19_000), fileGone(20_400), uploadRow()],
    {},
  ],
  [
    'an upload of two users, of which the second drops it last',
    [
      ...upload(5_000),
      taken(5_005),
      ...upload(6_000, { hit: true, for: { user: 'v' } }),
      ...drop(7_000, { status: 409, code: 'FILE_IN_USE' }),
      ...drop(8_000, { user: 'v' }),
      ...drop(8_500, { status: 404 }),
      fileGone(20_400),
      uploadRow(),
      uploadRow({ uploadId: 'upload-b', user: 'v' }),
    ],
    {},
  ],
  [
    'a drop that nobody answered takes effect later, and the content is sent again',
    [
      ...drop(4_000, { status: null }),
      trouble(4_005, 'kill api', 'begin'),
      trouble(4_500, 'kill api', 'end'),
      ...upload(5_000),
      taken(5_005),
      fileGone(6_000),
      uploadRow(),
      ...upload(7_000, { file: 'file-again' }),
      taken(7_005, 'file-again'),
      ...drop(19_000, { file: 'file-again' }),
      fileGone(20_400, { target: 'file-again' }),
      uploadRow({ uploadId: 'upload-b', file: 'file-again' }),
    ],
    {},
  ],
  [
    'an upload for a session goes with its lease',
    [
      ...acquire(1_000),
      ...upload(17_000, { for: { inSession: true } }),
      taken(17_005),
      ...lived(),
      fileGone(20_300),
      uploadRow({ plain: false, endReason: 'lease_ended' }),
    ],
    {},
  ],
  [
    'a file that may be an upload, for a person to look at',
    [
      ...upload(5_000, { status: 503 }),
      taken(5_005),
      uploadRow({ ...unsettled, candidates: [UPLOADED, 'file-foreign'] }),
    ],
    uploadLeft,
  ],
])('kept: %s', (_name, records, left) => {
  expect(check(history(records, left))).toEqual([]);
});

test.each([
  [
    'ttl-kept',
    'an upload for a session too early',
    [
      ...acquire(1_000),
      ...upload(17_500, { for: { inSession: true } }),
      taken(17_505),
      ...lived(),
      fileGone(20_400),
    ],
    {},
  ],
  [
    'upload-kept',
    'deleted although a second user has it',
    [
      ...upload(5_000),
      taken(5_005),
      ...upload(6_000, { hit: true, for: { user: 'v' } }),
      ...drop(7_000),
      fileGone(8_000),
      uploadRow(),
    ],
    {},
  ],
  [
    'upload-kept',
    'answered with a file that was being deleted',
    [
      ...upload(5_000),
      taken(5_005),
      ...drop(7_000),
      fileGone(8_000),
      ...upload(8_500, { hit: true }),
      uploadRow(),
    ],
    {},
  ],
  [
    'upload-kept',
    'nobody has what was uploaded',
    [...upload(5_000), taken(5_005), ...drop(6_000, { status: 404 })],
    {},
  ],
  [
    'upload-kept',
    'another content',
    [...upload(5_000, { for: { sha256: 'b'.repeat(64) } }), taken(5_005)],
    {},
  ],
  [
    'sent-once',
    'sent although it is there',
    [
      ...upload(5_000),
      taken(5_005),
      ...upload(6_000, { file: 'file-again', for: { user: 'v' } }),
      taken(6_005, 'file-again'),
    ],
    {},
  ],
  [
    'everything-deleted-or-stuck',
    'an uploaded file of which nobody knows',
    [...upload(5_000, { status: 503 }), taken(5_005), uploadRow({ ...unsettled, uncertain: false })],
    uploadLeft,
  ],
  ['uploads-end', 'one that is not settled', [uploadRow(unsettled)], {}],
  ['uploads-end', 'one that is not proven gone', [uploadRow({ provenAt: null })], {}],
  [
    'proven-means-gone',
    'told to be gone before it is',
    [...upload(5_000), taken(5_005), ...drop(19_000), fileGone(21_000), uploadRow()],
    {},
  ],
])('%s broken: %s', (name, _what, records, left) => {
  expect(broken(records, left)).toContain(name);
});
