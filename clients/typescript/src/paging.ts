/** Lists that come page by page. */

export interface Page {
  next_cursor?: string | null;
}

/**
 * A list of the server. Awaited it is its first page; in `for await` it is every item of every page. Nothing is
 * asked before either.
 */
export class Paged<P extends Page, Item> implements Promise<P>, AsyncIterable<Item> {
  readonly [Symbol.toStringTag] = "Paged";
  readonly #fetch: (cursor?: string) => Promise<P>;
  readonly #items: (page: P) => Item[];

  constructor(fetch: (cursor?: string) => Promise<P>, items: (page: P) => Item[]) {
    this.#fetch = fetch;
    this.#items = items;
  }

  then<Done = P, Failed = never>(
    done?: ((page: P) => Done | PromiseLike<Done>) | null,
    failed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    return this.#fetch().then(done, failed);
  }

  catch<Failed = never>(failed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null): Promise<P | Failed> {
    return this.then(undefined, failed);
  }

  finally(done?: (() => void) | null): Promise<P> {
    return this.#fetch().finally(done);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    let page = await this.#fetch();
    for (;;) {
      yield* this.#items(page);
      if (page.next_cursor === undefined || page.next_cursor === null) return;
      page = await this.#fetch(page.next_cursor);
    }
  }

  /** Every item of every page. */
  async toArray(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}
