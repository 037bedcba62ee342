/** Whether a message answers what was asked, and not something that somebody would like to have been asked (D1; RFC 5452 §9.1). */
import { OPCODE } from '../message/constants.ts';
import { field, flag, HEADER_LENGTH, hasFlag, idOf, opcodeOf, uint16 } from '../message/header.ts';
import { skipName } from '../message/name.ts';

/** Where the question section of a message of our own ends; the end of the header if it cannot be walked. */
export function questionSectionEnd(message: Uint8Array): number {
  let at = HEADER_LENGTH;
  for (let left = uint16(message, field.QDCOUNT); left > 0; left--) {
    const nameEnd = skipName(message, at);
    if (nameEnd < 0 || nameEnd + 4 > message.length) return HEADER_LENGTH;
    at = nameEnd + 4;
  }
  return at;
}

/**
 * Whether `answer` has the ID, the opcode and, octet for octet, the question section of `asked`, and is a response.
 * Only for other opcodes than QUERY may the section be left out (RFC 2136 §3.8).
 */
export function isAnswerTo(asked: Uint8Array, answer: Uint8Array): boolean {
  if (answer.length < HEADER_LENGTH) return false;
  if (idOf(answer) !== idOf(asked)) return false;
  if (!hasFlag(answer, flag.QR) || opcodeOf(answer) !== opcodeOf(asked)) return false;
  const count = uint16(answer, field.QDCOUNT);
  if (count === 0 && opcodeOf(asked) !== OPCODE.QUERY) return true;
  if (count !== uint16(asked, field.QDCOUNT)) return false;
  const end = questionSectionEnd(asked);
  if (answer.length < end) return false;
  for (let at = HEADER_LENGTH; at < end; at++) if (answer[at] !== asked[at]) return false;
  return true;
}
