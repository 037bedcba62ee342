/** Errors of our own making, for questions of every kind. */
import { writeAnswer, writeBareError } from './message/write.ts';
import type { Question } from './question.ts';

/** An answer that is only a response code; `explanation` reaches askers that understand EDNS (RFC 8914). */
export function errorAnswer(question: Question, rcode: number, explanation?: string): Uint8Array {
  if (question.message === undefined) return writeBareError(question.octets, rcode);
  return writeAnswer(question.message, explanation === undefined ? { rcode } : { rcode, explanation });
}
