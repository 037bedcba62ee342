/** Whether something is mounted exactly at a path, as mountinfo tells it (proc_pid_mountinfo(5)). */

interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly point: string;
}

/**
 * Whether what is seen at `path`, an absolute path without links, is a mount of its own. One that another mount has covered
 * since, further up, is listed as well and does not count.
 */
export function isMountedAt(mountinfo: string, path: string): boolean {
  const mounts = mountinfo.split('\n').flatMap((line): Mount[] => {
    const [id, parent, , , point] = line.split(' ');
    return id === undefined || parent === undefined || point === undefined ? [] : [{ id, parent, point }];
  });
  const ids = new Set(mounts.map(({ id }) => id));
  const outermost = mounts.find(({ parent }) => !ids.has(parent));
  // In a chroot(2) what is at the root may be no mount, and is not listed.
  let seen = outermost?.point === '/' ? outermost : outermost && { id: outermost.parent, parent: '', point: '/' };
  for (const place of ['/', ...ancestorsOf(path)]) seen = topmost(mounts, seen, place);
  return seen?.point === path;
}

/** `/etc/resolv.conf`: `/etc`, `/etc/resolv.conf`. */
function ancestorsOf(path: string): string[] {
  const words = path.split('/').filter(Boolean);
  return words.map((_, index) => `/${words.slice(0, index + 1).join('/')}`);
}

/** Of the mounts at a place, each on the one before, the last; `below` where there is none. */
function topmost(mounts: readonly Mount[], below: Mount | undefined, place: string): Mount | undefined {
  let top = below;
  for (;;) {
    const next = mounts.find(({ id, parent, point }) => point === place && parent === top?.id && id !== top.id);
    if (next === undefined) return top;
    top = next;
  }
}
