import test from 'ava';
import { dedicatedStep } from '../install/dedicated.ts';
import { chooseForwarding } from '../install/forwarding.ts';
import { printStep } from '../install/step.ts';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { defaultConfig } from './config/parse-config.ts';
import { createInstance } from './instance.ts';
import { startSteps } from './plan.ts';

const instance = createInstance(defaultConfig(), { address: ipv6(0xfd000b15, 0, 0, 0), length: 96 }, []);
const kernel = { catches: true, keeps: false };
const seen = (name: string) => ({ name, forceForwarding: '0', forwarding: '0', acceptRa: '1' });
const forwarding = chooseForwarding({ all: '0', ours: [seen('bis0'), seen('eth0')], others: [seen('default')] });

test('a dry run shows the dedicated addresses, after all that has to be there first', (t) => {
  const dedicated = [dedicatedStep('eth0', '2001:db8::7')];
  const steps = startSteps(instance, kernel, 1500, forwarding, dedicated);
  t.deepEqual(steps.at(-1), dedicated[0]);
  const { run } = steps[0] as (typeof steps)[number];
  t.regex(
    'nft' in run ? run.nft : '',
    /set dedicated \{.*ip6 daddr @dedicated ct state new meta l4proto tcp counter reject/s,
  );
});

test('a dry run shows every step in the order of a start, and what undoes those that outlive the process', (t) => {
  const lines = startSteps(instance, kernel, 1500, forwarding).map(printStep).join('\n');
  // The rules themselves are those of `install/table.test.ts`; here counts where they come.
  t.true(lines.includes('        create table ip6 bis { flags owner; }\n'));
  const short = lines.replace(
    /^( {2}do {4}nft create table (?:ip|arp) bis \{ flags owner; \})\n(?: {8}.*\n)+/gm,
    '$1 …\n',
  );
  t.is(
    short.replace(/set \/proc\/sys\/net\/ipv[46]\/conf\/bis0\/(?!force)\w+ to \d\n {2}do .*\n/g, ''),
    `make the nft tables ip and ip6 bis
  do    nft create table ip bis { flags owner; } …
make the nft table arp bis
  do    nft create table arp bis { flags owner; } …
create bis0
  do    ip tuntap add dev bis0 mode tun
make the nft table inet bis_guard
  do    nft add table inet bis_guard
        delete table inet bis_guard
        table inet bis_guard {
          comment "of bis: goes when nothing forwards or is translated because of it any more"
        
          set forced {
            type ifname
          }
        
          set own4 {
            type ipv4_addr
            flags interval
            auto-merge
            elements = { 10.170.160.0/20, 172.21.112.1 }
          }
        
          chain forward {
            type filter hook forward priority -10; policy accept;
            oifname "bis0" return
            iifname "bis0" return
            iifname @forced meta nfproto ipv6 counter drop
          }
        
          chain leak {
            type filter hook postrouting priority 150; policy accept;
            oifname "bis0" return
            ip saddr @own4 oifname != "lo" counter drop
            ip daddr @own4 oifname != "lo" counter drop
            ip6 saddr fd00:b15::/96 oifname != "lo" counter drop
            ip6 daddr fd00:b15::/96 oifname != "lo" counter drop
          }
        }
  undo  nft delete table inet bis_guard
forget the tracked flows of fd00:b15::/96
  do    forget the tracked flows of fd00:b15::/96
  undo  forget the tracked flows of fd00:b15::/96
set MTU and queue of bis0
  do    ip link set dev bis0 mtu 65535 txqueuelen 1000
give bis0 the address 172.21.112.1
  do    ip -4 address replace 172.21.112.1/32 dev bis0
set bis0 up
  do    ip link set bis0 up
route 10.170.160.0/20 to bis0
  do    ip -4 route replace 10.170.160.0/20 dev bis0 src 172.21.112.1 mtu 1480
route fd00:b15::/96 to bis0
  do    ip -6 route replace fd00:b15::/96 dev bis0
guard the uplinks
  do    nft flush set ip6 bis forced
        add element ip6 bis forced { "eth0" }
        flush set inet bis_guard forced
        add element inet bis_guard forced { "eth0" }
        flush set inet bis_guard own4
        add element inet bis_guard own4 { 10.170.160.0/20, 172.21.112.1 }
set /proc/sys/net/ipv6/conf/bis0/force_forwarding to 1
  do    write 1 to /proc/sys/net/ipv6/conf/bis0/force_forwarding
  undo  write 0 to /proc/sys/net/ipv6/conf/bis0/force_forwarding, if it is 1
set /proc/sys/net/ipv6/conf/eth0/force_forwarding to 1
  do    write 1 to /proc/sys/net/ipv6/conf/eth0/force_forwarding
  undo  write 0 to /proc/sys/net/ipv6/conf/eth0/force_forwarding, if it is 1`,
  );
});

test('where the kernel keeps tables, the guard is two of them, and each has its undoing', (t) => {
  const lines = startSteps(instance, { ...kernel, keeps: true }, 1500, forwarding)
    .map(printStep)
    .join('\n');
  for (const family of ['ip', 'ip6']) {
    const made = new RegExp(
      `^make the nft table ${family} bis_guard\n(?: {8}|  do ).*\n(?: {8}.*\n)*  undo  (.*)$`,
      'm',
    );
    t.is(made.exec(lines)?.[1], `nft delete table ${family} bis_guard`);
    t.true(lines.includes(`add table ${family} bis_guard { flags owner, persist; comment "`));
  }
  t.notRegex(lines, /set inet bis_guard/);
});
