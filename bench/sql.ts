import { Client, type QueryResultRow } from 'pg';

/** A connection for looking at the ledger from outside; closed with `end`. */
export interface Sql {
  rows<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  end(): Promise<void>;
}

export async function openSql(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    rows: async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(text, [...values])).rows,
    end: async () => client.end(),
  };
}
