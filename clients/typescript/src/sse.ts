/** Reads server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */

export interface ServerEvent {
  event: string | undefined;
  id: string | undefined;
  data: string;
}

const LINE_END = /\r\n|\n|\r/g;

/** Turns text that was cut anywhere into events. Comments are left out. */
export class EventParser {
  #pending = "";
  #data: string[] = [];
  #event: string | undefined;
  #id: string | undefined;

  /** The events that this piece completes. */
  feed(piece: string): ServerEvent[] {
    const text = this.#pending + piece;
    const events: ServerEvent[] = [];
    let start = 0;
    LINE_END.lastIndex = Math.max(0, this.#pending.length - 1);
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      if (end[0] === "\r" && LINE_END.lastIndex === text.length) break; // its "\n" may be in the next piece
      this.#take(text.slice(start, end.index), events);
      start = LINE_END.lastIndex;
    }
    this.#pending = text.slice(start);
    return events;
  }

  #take(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ event: this.#event, id: this.#id, data: this.#data.join("\n") });
      this.#data = [];
      this.#event = undefined;
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }
}
