import pg from 'pg';

/** SQLSTATE: deadlock_detected and serialization_failure. The server chose this transaction to fail; it may succeed next time. */
const CHOSEN_TO_FAIL = new Set(['40P01', '40001']);

/** Whether the connection broke, not the work: everything that is no answer of the server, or its last one before it hung up. */
const lostConnection = (error: unknown): boolean => !(error instanceof pg.DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';

/** The same work, done again, may succeed; a refused value or a broken constraint will not. */
export const worthAnotherTry = (error: unknown): boolean => lostConnection(error) || CHOSEN_TO_FAIL.has((error as pg.DatabaseError).code ?? '');
