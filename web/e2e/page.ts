/** The browser of these tests, and the gateways that `tests/web` has started for them. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { test as base, expect } from "vitest";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A variable of the environment that says what was started. */
export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: these tests are started by tests/web.`);
  return value;
}

function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: given("WEB_BROWSER"), args: FLAGS });
}

/** A visitor: their own storage, and what the browser had to complain about. */
export class Visitor {
  readonly complaints: string[] = [];
  readonly context: BrowserContext;
  readonly page: Page;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (/Content.Security.Policy|Refused to/i.test(message.text())) this.complaints.push(message.text());
    });
    page.setDefaultTimeout(20_000);
  }

  static async of(browser: Browser, options: BrowserContextOptions = DESKTOP): Promise<Visitor> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    return new Visitor(context, await context.newPage());
  }

  /** Leave; fails where a script broke or the page's policy was violated. */
  async leave(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }

  /** Begin a chat on the gateway in local mode; a real model's answers may be long on a slow machine, so by default none answers. */
  async begin(prompt: string, model = "echo"): Promise<void> {
    await this.page.goto(given("WEB_LOCAL"));
    await this.choose(model);
    await this.send(prompt);
    await this.answered();
  }

  async choose(model: string): Promise<void> {
    await this.page.getByRole("button", { name: /^Model:/ }).click();
    await this.page.getByRole("combobox", { name: "Search models" }).fill(model);
    await this.page.getByRole("option").first().click();
  }

  async write(prompt: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "Message", exact: true }).fill(prompt);
  }

  async send(prompt: string): Promise<void> {
    await this.write(prompt);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** Wait until nothing is under way any more. */
  async answered(): Promise<void> {
    await this.page.getByRole("button", { name: "Send" }).waitFor({ timeout: 100_000 });
    await this.page.getByRole("article", { name: "Answer" }).last().locator("time").waitFor();
  }

  get answers() {
    return this.page.getByRole("article", { name: "Answer" });
  }

  get prompts() {
    return this.page.getByRole("article", { name: "You" });
  }

  /** Serious faults that axe finds in what is shown now, as `rule: element`. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(axe);
    return this.page.evaluate(async () => {
      // biome-ignore lint/suspicious/noExplicitAny: axe has put itself there
      const found = await (window as any).axe.run(document, { resultTypes: ["violations"] });
      return found.violations
        .filter(({ impact }: { impact: string }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
          nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`),
        );
    });
  }
}

/** A test with a visitor of its own, in the browser of its file. */
export const test = base.extend<{ browser: Browser; visitor: Visitor }>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what the fixture needs
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  visitor: async ({ browser }, use) => {
    const visitor = await Visitor.of(browser);
    await use(visitor);
    await visitor.leave();
  },
});
