import test from 'ava';
import { arpTableCommands, forcedCommands, guestsCommands, type TableSettings, tableCommands } from './table.ts';
import { settings } from './testing/settings.ts';

test('the tables, word by word', (t) => {
  t.is(
    tableCommands(settings),
    `create table ip bis { flags owner; }
table ip bis {
  flags owner

  set own4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.170.160.0/20, 172.21.112.1 }
  }

  set guests {
    type ifname
  }

  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname "bis0" return
    ip saddr @own4 iifname != "lo" counter drop
    ip daddr @own4 iifname @guests counter reject with icmp type host-unreachable
    ip daddr @own4 iifname != "lo" counter drop
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname "bis0" oifname "bis0" counter reject with icmp type admin-prohibited
    iifname "bis0" counter drop
    oifname "bis0" counter drop
  }

  chain leak {
    type filter hook postrouting priority 150; policy accept;
    oifname "bis0" return
    ip saddr @own4 oifname != "lo" counter drop
    ip daddr @own4 oifname != "lo" counter drop
  }

  set asked4 {
    type ifname . ipv4_addr
    flags timeout
  }

  map servers4 {
    type ifname . ipv4_addr : ipv4_addr . inet_service
  }

  set ports4 {
    type ipv4_addr . inet_service
  }

  chain pass {
  }
}
create table ip6 bis { flags owner; }
table ip6 bis {
  flags owner

  ct timeout udp6 {
    protocol udp
    l3proto ip6
    policy = { unreplied : 300, replied : 300 }
  }

  set forced {
    type ifname
  }

  set detached {
    type ipv6_addr
    flags interval
    auto-merge
  }

  set exposed_tcp {
    type inet_service
    flags interval
  }

  set exposed_udp {
    type inet_service
    flags interval
  }

  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname "bis0" return
    ip6 saddr fd00:b15::/96 iifname != "lo" counter drop
    ip6 daddr fd00:b15::/96 iifname != "lo" counter drop
  }

  chain input {
    type filter hook input priority -10; policy accept;
    iifname "bis0" counter reject with icmpv6 type admin-prohibited
  }

  chain sources {
  }

  chain uplink {
    type nat hook postrouting priority 110; policy accept;
    ip6 saddr fd00:b15::/96 oifname != "bis0" jump sources
    ip6 saddr fd00:b15::/96 oifname != "bis0" masquerade
    meta mark & 0xfff == 0xb15 ip6 saddr @detached jump sources
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname "bis0" oifname != "bis0" ip6 saddr fd00:b15::/96 ct state { established, related } accept
    oifname "bis0" iifname != "bis0" ct state { established, related } ct direction reply accept
    iifname "bis0" oifname "bis0" counter reject with icmpv6 type admin-prohibited
    iifname "bis0" ip6 saddr != fd00:b15::/96 counter drop
    iifname "bis0" ct state { invalid, untracked } counter drop
    iifname "bis0" meta l4proto udp ct timeout set "udp6"
    iifname "bis0" accept
    oifname "bis0" ct state related accept
    oifname "bis0" ip6 daddr fd00:b15::ac15:7001 ct status dnat ct direction original tcp dport @exposed_tcp accept
    oifname "bis0" ip6 daddr fd00:b15::ac15:7001 ct status dnat ct direction original udp dport @exposed_udp accept
    oifname "bis0" ip6 daddr fd00:b15::ac15:7001 ct status dnat ct direction original ct state established meta l4proto tcp counter reject with tcp reset
    oifname "bis0" ip6 daddr fd00:b15::ac15:7001 ct status dnat ct direction original ct state established counter reject with icmpv6 type port-unreachable
    oifname "bis0" counter drop
    iifname @forced counter drop
  }

  chain leak {
    type filter hook postrouting priority 150; policy accept;
    oifname "bis0" return
    ip6 saddr fd00:b15::/96 oifname != "lo" counter drop
    ip6 daddr fd00:b15::/96 oifname != "lo" counter drop
  }

  set asked6 {
    type ifname . ipv6_addr
    flags timeout
  }

  map servers6 {
    type ifname . ipv6_addr : ipv6_addr . inet_service
  }

  set ports6 {
    type ipv6_addr . inet_service
  }

  chain pass {
  }

  chain caught {
    type filter hook output priority -300; policy accept;
    th dport != 53 return
    meta mark & 0xfff == 0xb15 return
    jump pass
    meta l4proto { tcp, udp } th dport 53 oifname . ip6 daddr @asked6 ct original zone set 46464
  }

  chain snoop {
    type nat hook output priority -110; policy accept;
    ct original zone != 46464 return
    meta l4proto { tcp, udp } dnat to oifname . ip6 daddr map @servers6
  }

  chain input {
    ct direction reply return
    iifname "lo" return
    meta l4proto { tcp, udp } ip6 daddr . th dport @ports6 counter drop
  }
}
`,
  );
});

test('the ARP table, word by word', (t) => {
  t.is(
    arpTableCommands(settings),
    `create table arp bis { flags owner; }
table arp bis {
  flags owner

  set own4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.170.160.0/20, 172.21.112.1 }
  }

  chain guard {
    type filter hook input priority 0; policy accept;
    arp daddr ip @own4 counter drop
  }

  chain leak {
    type filter hook output priority 0; policy accept;
    arp saddr ip @own4 counter drop
  }
}
`,
  );
});

test('sets of interfaces are replaced as a whole', (t) => {
  t.is(
    forcedCommands(settings, ['eth0', 'wlan0']),
    'flush set ip6 bis forced\nadd element ip6 bis forced { "eth0", "wlan0" }\n',
  );
  t.is(forcedCommands(settings, []), 'flush set ip6 bis forced\n');
  t.is(guestsCommands(settings, ['br0']), 'flush set ip bis guests\nadd element ip bis guests { "br0" }\n');
});

test('S9: nothing but words of the right kind gets into a command', (t) => {
  const wrong: Partial<TableSettings>[] = [
    { table: 'bis; flush ruleset' },
    { device: 'a;b' },
    { device: '$(x)' },
    { device: 'bis*' },
    { spool: '10.0.0.0/8 }' },
    { spool: 'fd00::/96' },
    { self: ['172.21.112.1', '$(x)'] },
    { ula: '10.0.0.0/8' },
    { self6: 'fd00::1 accept' },
    { mark: -1 },
    { markMask: Number.NaN },
    { zone: 0 },
    { zone: 65_536 },
  ];
  for (const part of wrong) t.throws(() => tableCommands({ ...settings, ...part }), undefined, JSON.stringify(part));
  for (const name of ['a;b', '$(x)', '*', '"', '']) {
    t.throws(() => forcedCommands(settings, [name]), undefined, name);
    t.throws(() => guestsCommands(settings, ['eth0', name]), undefined, name);
  }
});
