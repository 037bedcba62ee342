/** The words of a question on the command line, which two commands take. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';

/** Adds the arguments of a question. */
export function addQuestion(command: Command, name: string, about: string): Command {
  return command.argument(`<${name}>`, about, asciiName).argument('[type]', 'A, AAAA, PTR, … or TYPE65', type, 'A');
}

/** A name as the DNS has it: one with other letters than ASCII is written in A-labels (RFC 5891 §4.4). */
function asciiName(text: string): string {
  // Else an IPv6 address with a zone, or what is escaped (`\032`), would be taken for a host name of a URL.
  if (isIP(text) !== 0 || /^[\x21-\x7e]+$/.test(text)) return text;
  const ascii = domainToASCII(text);
  if (ascii === '') throw new InvalidArgumentError('It is no name.');
  return ascii;
}

function type(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]{0,15}$/.test(text)) throw new InvalidArgumentError('It is no type.');
  return text.toUpperCase();
}
