import type { Contract } from '@sluice/contracts/kit';

/** The notification channel of a delivery: `delivery.sms` uses the channel `sms`. */
export const channelOf = ({ type }: Contract): string => type.replace(/^delivery\./, '');
