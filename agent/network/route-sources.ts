/**
 * Which source address translated packets get where routes name one (`src` of ip-route(8)): `masquerade` does not look at
 * routes, but takes what the kernel prefers on the interface.
 */
import { parseIpv6Prefix } from '../../mapper/address/prefix.ts';
import type { Route } from './observe.ts';

/** The source of flows that leave by a device for a prefix. */
export interface RouteSource {
  readonly device: string;
  readonly destination: string;
  /** The address the route names; `undefined` where it names none, inside a prefix whose route does. */
  readonly source: string | undefined;
}

/**
 * What is to be done, the longest prefix first, as the kernel looks routes up; nothing where no route names a source. Of two
 * routes to the same prefix by the same device the one of table `main` counts, then the one with the lower metric.
 */
export function routeSources(routes: readonly Route[]): RouteSource[] {
  const found = routes
    .filter(({ type, destination }) => type === 'unicast' && !/^(fe80:|ff)/.test(destination))
    .toSorted((a, b) => Number(b.isMain) - Number(a.isMain) || a.metric - b.metric)
    .flatMap(({ devices, destination, source }) => devices.map((device) => ({ device, destination, source })));
  const first = found.filter((each, index) => index === found.findIndex((other) => isSamePlace(each, other)));
  const ordered = first.toSorted(byLength);
  // What names no source, and has no shorter prefix behind it that does, gets the address it would have got anyway.
  return ordered.filter(({ device }, index) =>
    ordered.slice(index).some((other) => other.device === device && other.source !== undefined),
  );
}

/** Whether two are about the same flows. */
export function isSamePlace(a: RouteSource, b: RouteSource): boolean {
  return a.device === b.device && a.destination === b.destination;
}

/** The longest prefix first. */
export function byLength(a: RouteSource, b: RouteSource): number {
  return lengthOf(b) - lengthOf(a);
}

/** The length of the prefix, in bits. */
function lengthOf({ destination }: RouteSource): number {
  if (destination === 'default') return 0;
  return parseIpv6Prefix(destination)?.length ?? 128;
}
