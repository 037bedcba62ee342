import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { observeDnsPrograms } from './dns-programs.ts';

/** As `ss -Hlnupe` prints them to root, and to others. */
const listening = `UNCONN 0 0 127.0.0.53%lo:53      0.0.0.0:*    users:(("systemd-resolve",pid=10,fd=17))
UNCONN 0 0 192.168.122.1:53    0.0.0.0:*    users:(("dnsmasq",pid=11,fd=5))
UNCONN 0 0 [fe80::1]%virbr0:53    [::]:*    users:(("dnsmasq",pid=11,fd=9))
UNCONN 0 0 *:53    *:*    users:(("named",pid=12,fd=1),("named",pid=13,fd=1))
UNCONN 0 0 10.0.0.1:53    0.0.0.0:* ino:7 sk:1 cgroup:unreachable:2f1 <->
UNCONN 0 0 10.0.0.2:53    0.0.0.0:* ino:8 sk:2 cgroup:/system.slice/x.service <->
UNCONN 0 0 [fd00::2]:53    [::]:* ino:9 sk:3 cgroup:/system.slice/x.service v6only:1 <->
UNCONN 0 0 10.0.0.3:53    0.0.0.0:* ino:10 sk:4
`;

function hostWith(): RecordingHost {
  const host = new RecordingHost();
  host.output.set('ss -Hlnupe', listening);
  host.output.set('find /sys/fs/cgroup -xdev -type d -inum 753 ', '/sys/fs/cgroup/system.slice/libvirtd.service\n');
  host.links.set('/proc/self/ns/net', 'net:[1]');
  for (const [pid, name, uid, cgroup] of [
    [10, 'systemd-resolve', 101, '0::/system.slice/systemd-resolved.service'],
    [11, 'dnsmasq', 116, '12:pids:/x\n0::/system.slice/libvirtd.service'],
    [12, 'named', 105, '1:name=systemd:/y'],
    [20, 'dockerd', 0, '0::/system.slice/docker.service'],
  ] as const) {
    host.files.set(`/proc/${pid}/comm`, `${name}\n`);
    host.files.set(`/proc/${pid}/status`, `Name:\t${name}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    host.files.set(`/proc/${pid}/cgroup`, `${cgroup}\n`);
    host.links.set(`/proc/${pid}/ns/net`, 'net:[1]');
  }
  return host;
}

test('D12: who listens on port 53, as whom and in which control group; what cannot be seen is told by its control group', async (t) => {
  t.deepEqual(await observeDnsPrograms(hostWith()), [
    {
      pid: 10,
      name: 'systemd-resolve',
      addresses: ['127.0.0.53'],
      uid: 101,
      cgroup: '/system.slice/systemd-resolved.service',
    },
    {
      pid: 11,
      name: 'dnsmasq',
      addresses: ['192.168.122.1', 'fe80::1'],
      uid: 116,
      cgroup: '/system.slice/libvirtd.service',
    },
    { pid: 12, name: 'named', addresses: ['::'], uid: 105, cgroup: '' },
    { pid: 0, name: '', addresses: ['10.0.0.1'], uid: 0, cgroup: '/system.slice/libvirtd.service' },
    { pid: 0, name: '', addresses: ['10.0.0.2', 'fd00::2'], uid: 0, cgroup: '/system.slice/x.service' },
    { pid: 0, name: '', addresses: ['10.0.0.3'], uid: 0, cgroup: '' },
  ]);
});

test('D12: Docker is found by the file that names its process, if that is Docker and here', async (t) => {
  const found = async (pid: string, namespace = 'net:[1]'): Promise<boolean> => {
    const host = hostWith();
    host.files.set('/run/docker.pid', pid);
    host.links.set('/proc/20/ns/net', namespace);
    return (await observeDnsPrograms(host)).some(({ name, addresses }) => name === 'dockerd' && addresses.length === 0);
  };
  t.true(await found('20\n'));
  t.false(await found('10'), 'another program has that number by now');
  t.false(await found('20', 'net:[2]'));
  const hidden = new RecordingHost({ '/run/docker.pid': '21\n' });
  t.deepEqual(await observeDnsPrograms(hidden), [], 'nobody has that number');
  hidden.files.set('/sys/fs/cgroup/system.slice/docker.service/cgroup.procs', '7\n21\n');
  const [docker] = await observeDnsPrograms(hidden);
  t.is(docker?.cgroup, '/system.slice/docker.service', 'it cannot be seen, but its control group can');
  for (const odd of ['', '0', '-1', 'x', '99']) t.false(await found(odd), odd);
});
