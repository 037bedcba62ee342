/** Which servers questions may be asked of now: one list for each place where questions come in. */
import { type Upstream, upstreamName } from './upstream/upstream.ts';

export class ServerLists {
  readonly #byOwner = new Map<object, readonly Upstream[]>();
  readonly #onChange: (upstreams: readonly Upstream[]) => void;

  /** `onChange` is called with every list that is new. */
  constructor(onChange: (upstreams: readonly Upstream[]) => void) {
    this.#onChange = onChange;
  }

  /** From now on the questions of `owner`, a listener, are asked of these; also when they are the same as before. */
  set(owner: object, upstreams: readonly Upstream[]): void {
    this.#byOwner.set(owner, upstreams);
    this.#onChange(upstreams);
  }

  delete(owner: object): void {
    this.#byOwner.delete(owner);
  }

  /** The lists, each once, in the order in which their owners came. */
  get lists(): (readonly Upstream[])[] {
    const byText = new Map([...this.#byOwner.values()].map((list) => [list.map(upstreamName).join(), list]));
    return [...byText.values()].filter((list) => list.length > 0);
  }

  /** The servers of all lists, each once. */
  get upstreams(): Upstream[] {
    const byName = new Map([...this.#byOwner.values()].flat().map((upstream) => [upstreamName(upstream), upstream]));
    return [...byName.values()];
  }
}
