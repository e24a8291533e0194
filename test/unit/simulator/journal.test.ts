import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useSimulator } from './simulator-fixture.ts';

describe('the journal', () => {
  const fixture = useSimulator();
  const KEY = 'sk-journal-secret';

  it('records every provider call with its effect, and no other call', async () => {
    const { vectorStores } = fixture.sdk(KEY);
    const { last_seq: since } = await fixture.control.journalPage();
    const { id } = await vectorStores.create({ metadata: { lease_id: 'j1' } });
    await vectorStores.list({ limit: 5 });
    await vectorStores.delete(id);
    await vectorStores.delete(id).catch(() => undefined);
    const entries = await fixture.control.journal(since);
    const key = createHash('sha256').update(KEY).digest('hex').slice(0, 16);
    expect(entries).toMatchObject([
      {
        operation: 'create_store',
        method: 'POST',
        target: id,
        lease: 'j1',
        effect: 'created',
        status: 200,
        key,
      },
      { operation: 'list_stores', path: '/v1/vector_stores', query: 'limit=5', target: null, effect: 'none' },
      {
        operation: 'delete_store',
        method: 'DELETE',
        target: id,
        lease: 'j1',
        effect: 'deleted',
        status: 200,
      },
      { operation: 'delete_store', target: id, lease: null, effect: 'none', effect_seq: null, status: 404 },
    ]);
    expect(entries.map(({ seq }) => seq - since)).toEqual([1, 2, 3, 4]);
    const [created, , deleted] = entries;
    expect(deleted?.effect_seq).toBe((created?.effect_seq ?? 0) + 1);
  });

  it('never holds a key, nor does the state', async () => {
    await fixture.sdk(KEY).vectorStores.create({});
    const page = await fixture.control.journalPage();
    const state = await fixture.control.state();
    expect(page.entries.length).toBeGreaterThan(0);
    expect(state.stores.length).toBeGreaterThan(0);
    expect(JSON.stringify([page, state])).not.toContain(KEY);
  });

  it('orders effects by when they took place, not by arrival', async () => {
    const { vectorStores } = fixture.sdk(KEY);
    await fixture.control.setFault({ match: { lease: 'slow' }, fault: { kind: 'hold', name: 'slow' } });
    const slow = vectorStores.create({ metadata: { lease_id: 'slow' } });
    await fixture.control.waitForHeld('slow');
    await vectorStores.create({ metadata: { lease_id: 'quick' } });
    const [open] = (await fixture.control.journal()).filter(({ lease }) => lease === 'slow');
    expect(open).toMatchObject({ status: 'open', effect: 'none', answered_at_ms: null });
    await fixture.control.release('slow');
    await slow;
    const entries = await fixture.control.journal();
    const [first] = entries.filter(({ lease }) => lease === 'slow');
    const [second] = entries.filter(({ lease }) => lease === 'quick');
    expect(first?.seq).toBeLessThan(second?.seq ?? 0);
    expect(first?.effect_seq).toBeGreaterThan(second?.effect_seq ?? Infinity);
  });
});
