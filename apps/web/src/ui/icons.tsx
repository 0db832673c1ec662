import type { ReactNode } from 'react';

const Icon = ({ children }: { children: ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
    {children}
  </svg>
);

export const CartIcon = () => (
  <Icon>
    <path d="M3 4h2.5l2 11h10l2.5-8H6.6" />
    <circle cx="9" cy="19" r="1.4" />
    <circle cx="16.5" cy="19" r="1.4" />
  </Icon>
);
export const InboxIcon = () => (
  <Icon>
    <path d="M4 5h16v14H4zM4 13h4.5l1.5 2.5h4L15.5 13H20" />
  </Icon>
);
export const PersonIcon = () => (
  <Icon>
    <circle cx="12" cy="8.5" r="3.8" />
    <path d="M4.5 20c1-4 4-5.6 7.5-5.6s6.5 1.6 7.5 5.6" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const ArrowIcon = () => (
  <Icon>
    <path d="M4 12h15m-6-6 6 6-6 6" />
  </Icon>
);
export const ParcelIcon = () => (
  <Icon>
    <path d="M4 7.5 12 3.5l8 4v9l-8 4-8-4zM4 7.5l8 4 8-4M12 11.5v9M8 5.5l8 4" />
  </Icon>
);

/** Three waves: the sign of the shop. */
export const Waves = () => (
  <svg className="waves" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M4 10c4-3.2 8-3.2 12 0s8 3.2 12 0M4 16.5c4-3.2 8-3.2 12 0s8 3.2 12 0M4 23c4-3.2 8-3.2 12 0s8 3.2 12 0" />
  </svg>
);
