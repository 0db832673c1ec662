import type { Contract } from '@sluice/contracts';

/** `delivery.sms` goes over the channel `sms`. */
export const channelOf = ({ type }: Contract): string => type.replace(/^delivery\./, '');
