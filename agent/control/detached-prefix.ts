/** A prefix of this host of which no router can be reached. */
export interface DetachedPrefix {
  readonly device: string;
  readonly prefix: string;
  /** Why, for each of its routers: a clause. */
  readonly because: string;
}
