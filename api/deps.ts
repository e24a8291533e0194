import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { LimitsAnswer } from '../contract/config.ts';
import type { Component } from '../contract/health.ts';
import type { JobBody } from '../contract/jobs.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { MaintenanceJob } from '../domain/jobs.ts';
import type { ToolTimeouts } from '../domain/timeouts.ts';
import type { FileMeter, FileRunReport, Files, RetentionWish } from '../files/contract.ts';
import type { Spool } from '../files/spool.ts';
import type { Leases, SweepReport } from '../leases/contract.ts';
import type { BackupEntry, ResultsStats } from '../maintenance/index.ts';
import type { ApiMetrics } from '../telemetry/metrics.ts';

/** What the routes need to know of the configuration. */
export interface ApiSettings {
  readonly apiToken: string | undefined;
  readonly operatorToken: string | undefined;
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** Requests a minute per client address; 0 = no limit. */
  readonly rateLimitPerMinute: number;
  readonly allowNuke: boolean;
  readonly leaseSeconds: number;
  readonly acquireTimeoutMs: number;
  readonly cleanupWaitMs: number;
  /** Bytes of the largest body of a route without a limit of its own. */
  readonly maxRequestBytes: number;
  /** How long the body of an upload may take, and then the upload itself. */
  readonly uploadTimeoutMs: number;
  /** How long the body of any other request may take, and the head of every request where that is below 30 s. */
  readonly bodyTimeoutMs: number;
  readonly temporalNamespace: string;
  /** Base URL of the Temporal Web UI; undefined = no links. */
  readonly temporalUiUrl: string | undefined;
  readonly version: string;
  /** What callers are told to set their timeouts from. */
  readonly toolTimeouts: ToolTimeouts;
  /** What callers are told of limits, word for word. */
  readonly limits: LimitsAnswer;
}

/** The answer of every component's check, by name. */
export type ComponentMap = Readonly<Record<string, Component>>;

/** A run that has ended, or one that takes longer than a call may wait. */
export type StartedRun<Result> =
  { readonly result: Result } | { readonly workflowId: string; readonly workflowUrl: string | null };

/** A maintenance job that somebody asks for. */
export interface JobWish {
  readonly job: MaintenanceJob;
  readonly dryRun: boolean;
  /** Conversations only; undefined = as configured. */
  readonly retentionDays?: number | undefined;
}

/** The jobs as the routes see them. */
export interface Jobs {
  /** Throws `TEMPORAL_UNAVAILABLE`, `LEDGER_UNAVAILABLE`. */
  list(): Promise<readonly JobBody[]>;
  /** Throws `JOB_OFF`, `JOB_RUNNING`, `TEMPORAL_UNAVAILABLE`. The result is what the job's answer describes. */
  start(wish: JobWish): Promise<StartedRun<unknown>>;
  /** Throws as `list`. */
  resultsStats(): Promise<ResultsStats>;
  backups(): Promise<readonly BackupEntry[]>;
}

export interface ApiDeps {
  readonly leases: Leases;
  readonly files: Files;
  readonly spool: Spool;
  readonly fileMeter: FileMeter;
  readonly log: Logger;
  readonly metrics: ApiMetrics;
  readonly settings: ApiSettings;
  readonly jobs: Jobs;
  /** Starts a sweep, a dry run or not. Throws `SWEEP_RUNNING`, `TEMPORAL_UNAVAILABLE`. */
  readonly sweep: (dryRun: boolean) => Promise<StartedRun<SweepReport>>;
  /** Starts a run over the uploaded files. Throws `JOB_RUNNING`, `TEMPORAL_UNAVAILABLE`. */
  readonly startFileRun: (wish: RetentionWish) => Promise<StartedRun<FileRunReport>>;
  /** Never throws and ends in bounded time. */
  readonly readiness: () => Promise<ComponentMap>;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

/**
 * Who may call a route: `open` anyone, `token` whoever has a token, `operator` only the operator where there is
 * one, `operator-if-forced` likewise with `?force=true`.
 */
export type Access = 'open' | 'token' | 'operator' | 'operator-if-forced';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `token` where absent. */
    access?: Access;
    /** True where an unknown session is answered in the reference's words alone. */
    compatible?: boolean;
    /** True where the body is a form that the route reads itself, within limits of its own. */
    multipart?: boolean;
    /** True where a browser shows the answer as a page: helmet has its headers. */
    page?: boolean;
    /** True where a body is refused, because what it says would be believed to count. */
    refusesBody?: boolean;
    /** Where a code has another status than elsewhere. */
    statuses?: Partial<Record<ErrorCode, number>>;
  }
}
