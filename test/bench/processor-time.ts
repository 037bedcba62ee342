/** How much of the processors a process has had (proc(5)). */
import fs from 'node:fs';

/**
 * Seconds that all threads of a process have run, in user space and in the kernel, to the nanosecond; 0 without a
 * process. What the kernel does in softirqs counts for whoever it interrupts, so some of it is missing and some of it
 * is somebody else's.
 */
export function processorSeconds(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = fs
    .readdirSync(tasks)
    .map((task) => Number(fs.readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]));
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9;
}
