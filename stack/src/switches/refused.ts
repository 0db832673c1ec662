/** A request of the control room that makes no sense here: nothing was done. */
export class Refused extends Error {}
