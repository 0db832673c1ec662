import { v7 } from 'uuid';

/** Returns a new UUID version 7 (RFC 9562): ids grow with time, so index pages fill in order. */
export const newId = (): string => v7();
