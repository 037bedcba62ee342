/** Other programs' firewalls, made by hand as they make them: found, named, and opened by the command that is shown. */
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import { lan } from '../test/lab/networks.ts';
import { findBlockingChains } from './firewall.ts';
import { raise, ulaOfSelf } from './testing/bump.ts';
import { namespaceHost } from './testing/namespace.ts';
import { icmpv6 } from './testing/packet.ts';
import { settle } from './testing/settle.ts';

const host6 = Buffer.from('20010db8000600000000000000000002', 'hex');

/** What is loaded, and whether it stops packets of ours. */
const firewalls: readonly { name: string; rules: string; blocks: readonly string[] }[] = [
  { name: 'no firewall', rules: '', blocks: [] },
  {
    name: 'ufw',
    blocks: ['ip6 filter FORWARD'],
    rules: `table ip6 filter {
      chain ufw6-before-forward { ct state established,related counter accept; meta l4proto ipv6-icmp icmpv6 type 1 accept; }
      chain ufw6-user-forward { }
      chain ufw6-reject-forward { }
      chain FORWARD { type filter hook forward priority 0; policy drop;
        counter jump ufw6-before-forward; counter jump ufw6-user-forward; counter jump ufw6-reject-forward; }
    }`,
  },
  {
    name: 'firewalld',
    blocks: ['inet firewalld filter_FORWARD'],
    rules: `table inet firewalld {
      chain filter_FWD_public { jump filter_FWD_public_deny; }
      chain filter_FWD_public_deny { }
      chain filter_FORWARD_POLICIES { iifname "eth0" oifname "eth0" accept; iifname "eth0" jump filter_FWD_public; }
      chain filter_FORWARD { type filter hook forward priority 10; policy accept;
        ct state { established, related } accept
        ct status dnat accept
        iifname "lo" accept
        ct state invalid drop
        ip6 daddr { ::/96, 2002::/24 } reject with icmpv6 type addr-unreachable
        jump filter_FORWARD_POLICIES
        reject with icmpx type admin-prohibited
      }
    }`,
  },
  {
    name: 'Docker with IPv6',
    blocks: ['ip6 filter FORWARD'],
    rules: `table ip6 filter {
      chain DOCKER-USER { counter return; }
      chain DOCKER-FORWARD { oifname "docker0" ct state related,established accept; iifname "docker0" accept; }
      chain FORWARD { type filter hook forward priority 0; policy drop; counter jump DOCKER-USER; counter jump DOCKER-FORWARD; }
    }`,
  },
  {
    name: 'a firewall that lets us out but no reply in',
    blocks: ['inet fw forward'],
    rules: `table inet fw {
      chain forward { type filter hook forward priority 0; policy drop;
        iifname { "wg0", "bis*" } accept
      }
    }`,
  },
  {
    name: 'verdict maps',
    blocks: ['inet fw forward'],
    rules: `table inet fw {
      chain stop { drop; }
      chain out { goto stop; }
      chain forward { type filter hook forward priority 0; policy accept;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iifname vmap { "eth7" : drop, "bis0" : jump out }
      }
    }`,
  },
  {
    name: 'policy drop for IPv4 only, and one that lets everything of ours pass',
    blocks: [],
    rules: `table ip filter {
      chain FORWARD {
        type filter hook forward priority 0; policy drop;
      }
    }
    table inet fw {
      chain forward { type filter hook forward priority 0; policy drop;
        oifname "eth9" drop
        iifname != "eth0" accept
        ct state established,related accept
      }
    }`,
  },
];

for (const { name, rules, blocks } of firewalls) {
  test.serial(`S15: ${name}`, async (t) => {
    await using lab = await Lab.build(lan);
    const dual = lab.host('dual');
    const host = namespaceHost(dual.namespace);
    await settle(dual, ['2001:db8:6::2']);
    const { nft, tun } = await raise(dual.namespace, 'eth0');
    await dual.must(['nft', '-f', '-'], { input: rules });

    /** Whether a ping through the leg gets its reply. */
    const passes = async (): Promise<boolean> => {
      tun.write(icmpv6(ulaOfSelf, host6, 128));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return tun.read().some((packet) => packet[6] === 58 && packet[40] === 129);
    };
    const find = () => findBlockingChains(host, { table: 'bis', device: 'bis0', uplinks: ['eth0'] });

    const found = await find();
    t.deepEqual(
      found.map(({ family, table, chain }) => `${family} ${table} ${chain}`),
      blocks,
    );
    t.is(await passes(), blocks.length === 0, 'what was found is what happens');
    for (const { command } of found) await dual.must(['sh', '-c', command ?? 'false']);
    t.deepEqual(await find(), []);
    t.true(await passes(), 'the commands open it');
    tun.close();
    nft.close();
  });
}
