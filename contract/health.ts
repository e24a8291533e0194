import { Type, type Static } from 'typebox';

export const HealthAnswer = Type.Object(
  { status: Type.Literal('healthy') },
  { description: 'The process answers, whatever else is down.', examples: [{ status: 'healthy' }] },
);

const Component = Type.Object(
  {
    ok: Type.Boolean(),
    latency_ms: Type.Number({ description: 'How long the check took.' }),
    detail: Type.Optional(Type.String({ description: 'What is wrong, or worth knowing.' })),
  },
  { additionalProperties: true },
);
export type Component = Static<typeof Component> & Readonly<Record<string, unknown>>;

const ready = (description: string, status: 'ready' | 'not_ready') =>
  Type.Object(
    {
      status: Type.Enum(['ready', 'not_ready']),
      components: Type.Optional(
        Type.Record(Type.String(), Component, {
          description: 'By name; left out for a caller without the token, where there is one.',
        }),
      ),
    },
    {
      description,
      examples: [{ status, components: { ledger: { ok: status === 'ready', latency_ms: 1.2 } } }],
    },
  );
export const ReadyAnswer = ready('Every component answers.', 'ready');
export const NotReadyAnswer = ready('At least one component is away.', 'not_ready');
export type ReadyAnswer = Static<typeof ReadyAnswer>;
