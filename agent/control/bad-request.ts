/** What a client sent is not what it should be: answered with HTTP status 400, in words. */
export class BadRequest extends Error {}
