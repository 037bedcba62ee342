import test from 'ava';
import { additions } from './nft-additions.ts';
import { content4, content6 } from './table-content.ts';
import { snoopChainTexts, snoopSets } from './table-snoop-chains.ts';
import { settings } from './testing/settings.ts';

test('sets, maps, timeouts and chains, and then rules, in the order they are written', (t) => {
  const content = `  ct timeout udp6 {
    protocol udp
    policy = { unreplied : 300, replied : 300 }
  }

  set own4 {
    type ipv4_addr
    elements = { 10.0.0.0/8, 172.21.112.1 }
  }

  map servers4 {
    type ipv4_addr : ipv4_addr
  }

  chain empty {
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    jump empty
    oifname "bis0" counter drop
  }
`;
  t.is(
    additions('ip6 x', content),
    `add ct timeout ip6 x udp6 { protocol udp; policy = { unreplied : 300, replied : 300 }; }
add set ip6 x own4 { type ipv4_addr; elements = { 10.0.0.0/8, 172.21.112.1 }; }
add map ip6 x servers4 { type ipv4_addr : ipv4_addr; }
add chain ip6 x empty
add chain ip6 x forward { type filter hook forward priority -10; policy accept; }
add rule ip6 x forward jump empty
add rule ip6 x forward oifname "bis0" counter drop
`,
  );
});

test('nothing of our own tables is passed over', (t) => {
  const dedicated = { ...settings, dedicated: true };
  const contents = [
    content4(dedicated) + snoopSets('ip') + snoopChainTexts('ip', settings, false),
    content6(dedicated) + snoopSets('ip6') + snoopChainTexts('ip6', settings, true),
  ];
  for (const content of contents) {
    const indented = content.split('\n').filter((line) => line.startsWith('    ')).length;
    const added = additions('ip x', content);
    const inBraces = [...added.matchAll(/^add (?!rule|chain)[^{]*\{ (.*) \}$/gm)].flatMap(([, lines = '']) =>
      lines.split(/;(?: |$)/).filter((line) => line !== ''),
    );
    const rules = added.split('\n').filter((line) => line.startsWith('add rule')).length;
    const hooks = added.split('\n').filter((line) => /^add chain .* \{ type/.test(line)).length;
    t.is(inBraces.length + rules + hooks, indented);
  }
});
