/**
 * Flags of Node that api and worker run with, here and in `package.json` and the image. By default V8 grows the
 * young generation to 128 MiB in each thread of a machine with much memory; with 8 MiB a half both processes need
 * 200 MiB less under load and answer as fast.
 */
export const PROGRAM_FLAGS = ['--max-semi-space-size=8'] as const;
