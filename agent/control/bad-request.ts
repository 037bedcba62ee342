/** How an agent says that it does not do what a client asked, in words; anything else that it throws is a failure of its own. */

/** What was sent is not what it should be, however things stand: answered with HTTP status 400. */
export class BadRequest extends Error {}

/** What was sent cannot be done as things stand: answered with HTTP status 409. */
export class Conflict extends Error {}
