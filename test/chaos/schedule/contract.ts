/** What one seed stands for: who calls what when, and what goes wrong meanwhile. Plain data. */
import type { ProviderName } from '../../../domain/providers.ts';
import type { Fault, FaultRule, Operation, SimulatorConfig } from '../../../simulator/contract.ts';

/** The lease a caller names in `X-Lease-Id`: none, the last it was told of, or one before that. */
export type Fence = 'none' | 'own' | 'stale';

/**
 * What is uploaded. `common`: one of a few, which many upload. `own`: nobody else has it. `namesake`: nobody else has it
 * either, but it has the name and the size of a file at the provider that is not ours.
 */
export interface Content {
  readonly kind: 'common' | 'own' | 'namesake';
  readonly n: number;
}

/** Files and stores go by their place in the schedule's pools, which are made before it begins. */
export type Wish =
  | { readonly verb: 'acquire'; readonly protect: boolean }
  | { readonly verb: 'renew'; readonly fence: Fence }
  | {
      readonly verb: 'track';
      readonly fence: Fence;
      readonly files: readonly number[];
      readonly paths: readonly string[];
    }
  | { readonly verb: 'release'; readonly fence: Fence; readonly force: boolean }
  | { readonly verb: 'register'; readonly store: number; readonly protect: boolean }
  | { readonly verb: 'protect' }
  | { readonly verb: 'unprotect' }
  | { readonly verb: 'look' }
  /** At the provider, past the service: puts a file into the store; `null` = one uploaded for it just then. */
  | { readonly verb: 'attach'; readonly file: number | null }
  | { readonly verb: 'cleanup' }
  | {
      readonly verb: 'upload';
      readonly content: Content;
      /** `null` = the service chooses. */
      readonly provider: ProviderName | null;
      readonly user: number;
      /** For the client's own session, or for nobody's. */
      readonly inSession: boolean;
      readonly fence: Fence;
    }
  /** Lets go, by the rules of retention, of what is due: nothing here is old enough, but a lost hold would be. */
  | { readonly verb: 'tidy' }
  /** `which`: of the files that the client was told of, from the newest; `user`: `null` = whose it is. */
  | { readonly verb: 'drop'; readonly which: number; readonly user: number | null };
export type Verb = Wish['verb'];

export interface Step {
  /** From the answer before. */
  readonly afterMs: number;
  readonly wish: Wish;
  /** Further copies of the same request, so much later each, as a retrying network would send them. */
  readonly copiesAfterMs: readonly number[];
}

/** A program that uses a session until it has no more steps: then it is dead and never calls again. */
export interface ClientPlan {
  readonly name: string;
  readonly session: string;
  readonly startMs: number;
  readonly steps: readonly Step[];
}

export const VICTIMS = ['api', 'worker', 'Temporal', 'PostgreSQL'] as const;
export type Victim = (typeof VICTIMS)[number];

export type Trouble =
  /** `kill -9`, at once or just after such a call took effect at the provider and before it is answered. */
  | {
      readonly kind: 'kill';
      readonly victim: Victim;
      readonly downMs: number;
      readonly after: Operation | null;
    }
  | { readonly kind: 'pause'; readonly victim: Victim; readonly forMs: number }
  /** The wall clock that api or worker see. */
  | {
      readonly kind: 'clock';
      readonly of: 'api' | 'worker';
      readonly shiftMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'provider'; readonly rule: FaultRule }
  /** A transaction that somebody left open on every lease. */
  | { readonly kind: 'locks'; readonly forMs: number }
  /** Somebody deletes stores of ours at the provider's own console. */
  | { readonly kind: 'vanish'; readonly stores: number }
  /** An operator ends workflows by mistake. */
  | { readonly kind: 'terminate'; readonly share: number };

export type Planned = Trouble & { readonly atMs: number };

export interface Schedule {
  readonly seed: number;
  readonly clients: readonly ClientPlan[];
  readonly troubles: readonly Planned[];
  readonly pools: { readonly files: number; readonly stores: number };
  /** Whether the provider gives the bytes of a file back. */
  readonly contentRule: SimulatorConfig['assistants_content'];
}

/** The kind a trouble counts as: each way the provider may fail is one of its own. */
export function kindOf(trouble: Trouble): string {
  if (trouble.kind === 'provider') return `provider ${trouble.rule.fault.kind satisfies Fault['kind']}`;
  if (trouble.kind === 'kill' || trouble.kind === 'pause') return `${trouble.kind} ${trouble.victim}`;
  return trouble.kind;
}
