import { v7 } from 'uuid';

/** A new id: UUID version 7 (RFC 9562), so that ids grow with time and index pages fill in order. */
export const newId = (): string => v7();
