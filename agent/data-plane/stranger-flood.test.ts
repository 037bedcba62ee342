/** A million packets from as many strangers: what they cost, and what they take from others (M12, M15, S3). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { listOf } from '../../mapper/fixture/list-of.ts';
import { Spool } from '../../mapper/spool.ts';
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import { from6, MONDAY, peer4, peer6, pumpScene, spoolRange, strangersOf } from './fixture/pump-scene.ts';
import { createRequests, StrangerAnswers } from './stranger-requests.ts';
import type { TunDevice } from './tun-device.ts';

const PACKETS = 1_000_000;
/** So many between two turns of the main thread; ten seconds in all. */
const PER_TURN = 1000;
const MILLISECONDS_PER_TURN = 10;
/** One of these is of a peer that we know. */
const PER_KNOWN = 100;
/** Octets; a packet that was kept would be 80. */
const MOST_GROWTH = 16 * 1024 * 1024;

/** Has one packet over and over, nearly always from somebody else, and counts those of the known peer that come out. */
class Crowd implements TunDevice {
  known = 0;
  #count = 0;
  #random = 1;

  read(packet: PacketBuffer): boolean {
    if (this.#count === 0) {
      packet.start = 10;
      parseIntoPacketBuffer(`${from6} hlim=64 | UDP 1 > 2 | [32]`, packet);
    }
    const isKnown = this.#count++ % PER_KNOWN === 0;
    // xorshift32: as good as any for addresses nobody has seen.
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    packet.view.setInt32(packet.start + 12, isKnown ? peer6.w1 : this.#random);
    return true;
  }

  write(headers: HeaderBuffer, piece: number, _payload: PacketBuffer): boolean {
    if (ipv4Header.source(headers.view, headers.headerStart[piece] as number) === peer4) this.known++;
    return true;
  }

  flush(): void {}
}

test.serial(
  'M15: a million strangers fill half of the spool at most, take no memory, and disturb nobody',
  async (t) => {
    const memory = createRequests();
    const device = new Crowd();
    const scene = pumpScene({ device, strangers: strangersOf(memory) });
    let milliseconds = 0;
    const now = (): number => Math.floor((MONDAY + milliseconds) / 1000);
    const spool = new Spool([spoolRange]);
    const { table } = scene;
    const mapper = new AddressMapper({ spool, index: table.reader, sinks: [table.writer()], stamps: [table], now });
    await mapper.restore([
      {
        ipv4: peer4,
        ipv6: peer6,
        names: ['six.example'],
        createdAt: now(),
        promisedUntil: now() + 60,
        isStranger: false,
      },
    ]);
    const answers = new StrangerAnswers(memory);
    let asked = 0;
    void answers.serve(
      (address) => {
        asked++;
        mapper.admit(address);
      },
      () => {},
    );
    answers.open(true);
    t.teardown(() => answers.end());

    const turns = async (packets: number): Promise<void> => {
      for (let done = 0; done < packets; done += PER_TURN) {
        scene.pump.drain(PER_TURN, MONDAY + milliseconds);
        milliseconds += MILLISECONDS_PER_TURN;
        for (let turn = 0; turn < 3; turn++) await nextTurn();
        scene.pump.resume(MONDAY + milliseconds);
      }
    };
    await turns(PACKETS / 10);
    const before = process.memoryUsage();
    await turns((PACKETS * 9) / 10);
    const after = process.memoryUsage();

    t.is(device.known, PACKETS / PER_KNOWN, 'every packet of the known peer came through');
    t.is(mapper.mappingOf(peer4)?.ipv6.w3, peer6.w3);
    const strangers = listOf(mapper).length - 1;
    t.true(strangers > 0 && strangers <= spool.usable / 2, `${strangers} of ${spool.usable} addresses`);
    t.true(asked > 0 && asked < 11_000, `${asked} questions in ten seconds`);
    const { packets, verdicts } = scene.sixToFour();
    t.is(packets + (verdicts['dropped-stranger'] ?? 0), PACKETS, 'and every other one was translated or counted');
    t.true(after.heapUsed - before.heapUsed < MOST_GROWTH, `${after.heapUsed - before.heapUsed} octets`);
    t.true(after.arrayBuffers - before.arrayBuffers < MOST_GROWTH);
    t.log(`${asked} asked, ${mapper.strangerCounters.admitted} admitted, ${packets} translated`);
  },
);
