/** What a kernel can, where only its release tells. */

/** Whether a release, as `/proc/sys/kernel/osrelease` says it, is this one or a later: `6.12.57+deb13-amd64` is at least 6.9. */
export function isAtLeast(release: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = release.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}
