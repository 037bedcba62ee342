/** Protocol numbers that translation treats in some way of their own (IANA "Assigned Internet Protocol Numbers"). */

/** Values of IPv4's `protocol` and IPv6's `next header`; any other number passes through as it is. */
export const protocol = {
  HOP_BY_HOP: 0,
  ICMPV4: 1,
  IGMP: 2,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  DESTINATION_OPTIONS: 60,
} as const;
