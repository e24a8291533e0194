/**
 * A state is given to a statement as a parameter where the row goes by its id: written into the statement it would
 * make a partial index look as good as the primary key while tables are small, and all of it would be read.
 */
export const ACTIVE = 'active';
export const DRAINING = 'draining';
export const CLOSED = 'closed';
/** The states that spare a file. */
export const LIVE = ['provisioning', 'active'] as const;
/** The status of an upload that holds its file; a parameter where the row goes by its file. */
export const COMPLETED = 'completed';
