import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DESKTOP, given, launch, PHONE, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");
const ELSEWHERE = given("WEB_ELSEWHERE");
const PICTURE = given("WEB_PICTURE");

let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  visitor = await Visitor.of(browser);
});
afterEach(() => visitor.leave());

/** Begin a chat; the real model's answers may be long on a slow machine, so that it answers where it matters alone. */
async function begin(prompt: string, model = "echo"): Promise<void> {
  await visitor.page.goto(LOCAL);
  await visitor.choose(model);
  await visitor.send(prompt);
  await visitor.answered();
}

test("TEST-MAN-005: an answer comes into the chat piece by piece", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("paced");
  await visitor.send("Count slowly.");
  const answer = visitor.answers.last();
  await answer.getByText("Hello, wörld!").waitFor();
  const early = (await answer.innerText()).length;
  await expect.poll(async () => (await answer.innerText()).length).toBeGreaterThan(early + 10);
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await visitor.answered();
  expect(await visitor.answers.count()).toBe(1);
});

test("a real model answers, and Auto is the first choice", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  expect(await page.getByRole("button", { name: /^Model:/ }).innerText()).toBe("Auto");
  await begin("Say hello.", "seeing");
  expect((await visitor.answers.last().locator(".prose-chat").innerText()).trim()).not.toBe("");
  await page.getByRole("button", { name: "Tokens, cost and speed" }).last().click();
  const about = page.getByRole("dialog", { name: "About this answer" });
  await about.getByText("Tokens written").waitFor();
  await about.getByText("this gateway").waitFor();
});

test("TEST-MAN-004: models are listed and filtered by what they make", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await page.getByRole("button", { name: /^Model:/ }).click();
  const options = page.getByRole("option");
  await page.getByRole("option", { name: /seeing/ }).waitFor();
  expect(await options.first().innerText()).toContain("Auto");
  await page.getByRole("button", { name: "3D", exact: true }).click();
  await expect.poll(() => page.getByRole("option", { name: /seeing/ }).count()).toBe(0);
  expect(await options.count()).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByRole("option", { name: /seeing/ }).click();
  expect(await page.getByRole("button", { name: /^Model:/ }).innerText()).toContain("seeing");
});

test("TEST-MAN-MVP-003: sessions stand in the left pane and can be switched", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.send("First subject");
  await visitor.answered();
  await page.getByRole("link", { name: "New chat" }).first().click();
  await visitor.choose("echo");
  await visitor.send("Second subject");
  await visitor.answered();
  const pane = page.getByRole("navigation", { name: "Sessions" });
  await pane.getByRole("link", { name: "First subject" }).click();
  await page.getByRole("heading", { name: "First subject" }).waitFor();
  await visitor.prompts.getByText("First subject").waitFor();
  expect(await visitor.prompts.getByText("Second subject").count()).toBe(0);
  await page.getByRole("searchbox", { name: "Search sessions" }).fill("second sub");
  await expect.poll(() => pane.getByRole("link", { name: "First subject" }).count()).toBe(0);
  await pane.getByRole("link", { name: "Second subject" }).first().waitFor();
});

test("TEST-MAN-MVP-004: prompts and answers show when they were made", async () => {
  await begin("What time is it?");
  const at = async (message: typeof visitor.prompts) => message.last().locator("time").getAttribute("datetime");
  const asked = Date.parse((await at(visitor.prompts)) ?? "");
  const answered = Date.parse((await at(visitor.answers)) ?? "");
  expect(answered).toBeGreaterThanOrEqual(asked);
  expect(Math.abs(Date.now() - answered)).toBeLessThan(120_000);
  expect(await visitor.prompts.last().locator("time").innerText()).toMatch(/\d{1,2}:\d{2}/);
});

test("TEST-MAN-009: what was said is still there, and each session keeps to itself", async () => {
  const { page } = visitor;
  await begin("My name is Ada.");
  await visitor.send("What is my name?");
  await visitor.answered();
  expect(await visitor.prompts.count()).toBe(2);
  await page.reload();
  await visitor.prompts.getByText("My name is Ada.").waitFor();
  await expect.poll(() => visitor.answers.count()).toBe(2);
  await page.getByRole("link", { name: "New chat" }).first().click();
  await page.getByText("What shall we talk about?").waitFor();
  expect(await visitor.prompts.count()).toBe(0);
});

test("TEST-MAN-017: an answer is made again, and the earlier one can be leafed back to", async () => {
  const { page } = visitor;
  await begin("Tell me something.", "paced");
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("menuitem", { name: "echo" }).click();
  await visitor.answers.last().getByText("2 / 2").waitFor({ timeout: 60_000 });
  await visitor.answers.last().getByText("Tell me something.").waitFor();
  expect(await visitor.answers.count()).toBe(1);
  await page.getByRole("button", { name: "Earlier answer" }).click();
  await visitor.answers.last().getByText("1 / 2").waitFor();
  await page.getByRole("button", { name: "Later answer" }).click();
  await visitor.answers.last().getByText("2 / 2").waitFor();
});

test("a prompt is edited and sent again", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.send("Frist");
  await visitor.answered();
  await visitor.prompts.last().hover();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Edit message" }).fill("Corrected");
  await page.getByRole("textbox", { name: "Edit message" }).press("Enter");
  await visitor.answers.last().getByText("Corrected").waitFor();
  await expect.poll(() => visitor.prompts.count()).toBe(1);
  expect(await visitor.prompts.last().innerText()).toContain("Corrected");
});

test("an answer is stopped, and what has come of it stays", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("paced");
  await visitor.send("Count slowly.");
  await visitor.answers.last().getByText("Hello, wörld!").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await visitor.answered();
  await page.getByText("Stopped before its end.").waitFor();
  await page.reload();
  await page.getByText("Stopped before its end.").waitFor();
});

test("an answer that is under way is picked up again after a reload", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("paced");
  await visitor.send("Count slowly.");
  await visitor.answers.last().getByText("Hello, wörld!").waitFor();
  await page.reload();
  await visitor.prompts.getByText("Count slowly.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await visitor.answered();
  const whole = "Hello, wörld!".repeat(10);
  await visitor.answers.last().getByText(whole).waitFor();
  expect(await visitor.prompts.count()).toBe(1);
});

test("a lost connection is picked up again", async () => {
  const { page, context } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("paced");
  await visitor.send("Count slowly.");
  await visitor.answers.last().getByText("Hello, wörld!").waitFor();
  await context.setOffline(true);
  await page.waitForTimeout(500);
  await context.setOffline(false);
  await visitor.answered();
  await visitor.answers.last().getByText("Hello, wörld!".repeat(10)).waitFor();
});

test("Markdown is shown with code to copy, tables and formulas; nothing in it runs", async () => {
  const { page, context } = visitor;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.send(
    [
      "# Title",
      "",
      "| a | b |",
      "|---|---|",
      "| 1 | 2 |",
      "",
      "```python",
      "print('hello')",
      "```",
      "",
      "Then \\(x^2\\), for $5 and $6.",
      "",
      "<img src=x onerror=\"document.title='broken'\"> <script>document.title='broken'</script>",
      "[link](javascript:document.title='broken') ![picture](https://example.com/secret.png)",
    ].join("\n"),
  );
  await visitor.answered();
  const answer = visitor.answers.last();
  await answer.getByRole("heading", { name: "Title" }).waitFor();
  await answer.getByRole("cell", { name: "2" }).waitFor();
  await answer.locator(".katex").first().waitFor();
  expect(await answer.locator(".katex").count()).toBe(1);
  await answer.getByRole("button", { name: "Copy code" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("print('hello')\n");
  expect(await answer.locator("img, script").count()).toBe(0);
  expect(await page.title()).not.toContain("broken");
  expect(await answer.locator('a[href^="javascript"]').count()).toBe(0);
});

test("Enter sends, Shift+Enter breaks the line, Up recalls", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await field.press("a");
  await field.press("Shift+Enter");
  await field.press("b");
  await field.press("Enter");
  await visitor.answered();
  expect(await visitor.prompts.last().locator("p").first().innerText()).toBe("a\nb");
  await expect.poll(() => field.inputValue()).toBe("");
  await field.press("ArrowUp");
  expect(await field.inputValue()).toBe("a\nb");
});

test("TEST-MAN-018: images are attached by upload, paste, drag and address, and refused with a reason", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("seeing");
  const attached = page.getByRole("list", { name: "Attached images" }).getByRole("listitem");
  const upload = page.locator('input[type="file"]');
  await upload.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no image") });
  await page.getByText("“notes.txt” is no PNG, JPEG, WebP or GIF image.").waitFor();
  await upload.setInputFiles({ name: "torn.png", mimeType: "image/png", buffer: Buffer.from("no image") });
  await page.getByText("“torn.png” is damaged: it can't be shown.").waitFor();
  await upload.setInputFiles(PICTURE);
  await expect.poll(() => attached.count()).toBe(1);
  for (const [kind, name] of [
    ["paste", "pasted.png"],
    ["drop", "dropped.png"],
  ] as const) {
    await page.evaluate(
      async ({ kind, name }) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
        canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
        const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
        const files = new DataTransfer();
        files.items.add(new File([blob as Blob], name, { type: "image/png" }));
        const field = document.querySelector("textarea[aria-label=Message]");
        const init = { bubbles: true, cancelable: true };
        field?.dispatchEvent(
          kind === "paste"
            ? new ClipboardEvent("paste", { ...init, clipboardData: files })
            : new DragEvent("drop", { ...init, dataTransfer: files }),
        );
      },
      { kind, name },
    );
    await page.getByRole("button", { name: `Remove ${name}` }).waitFor();
  }
  await page.getByRole("button", { name: "Remove dropped.png" }).click();
  await visitor.send("What is in these images?");
  await visitor.answered();
  const shown = visitor.prompts.last().locator("img");
  expect(await shown.count()).toBe(2);
  for (const image of await shown.all()) {
    await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(0);
  }
  await page.getByRole("button", { name: "Attach an image" }).click();
  await page.getByRole("menuitem", { name: "Image from an address" }).click();
  await page.getByRole("textbox", { name: "Address of the image" }).fill("http://127.0.0.1:9/private.png");
  await page.getByRole("button", { name: "Attach", exact: true }).click();
  await visitor.send("And this?");
  const alert = page.getByRole("alert");
  await alert.getByText("Use an image at a public address").waitFor();
  expect(await visitor.prompts.last().innerText()).toContain("And this?");
});

test("a session is renamed, exported and closed", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.send("To be renamed");
  await visitor.answered();
  const options = page.getByRole("main").getByRole("button", { name: /^Options of/ });
  await options.click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("A better name");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByRole("heading", { name: "A better name" }).waitFor();
  await options.click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Export as Markdown" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("A-better-name.md");
  await options.click();
  await page.getByRole("menuitem", { name: "Close" }).click();
  await page.getByText("This chat is closed.").waitFor();
  await page.getByRole("button", { name: "Closed", exact: true }).click();
  await page
    .getByRole("navigation", { name: "Sessions" })
    .getByRole("link", { name: "A better name" })
    .first()
    .waitFor();
});

test("TEST-MAN-MVP-005: the connection test shows a green check, or what is wrong", async () => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/settings`);
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByText(/Connected to Pluggably/).waitFor();
  await page.route("**/health", (route) => route.abort());
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
  expect(await page.getByText(/Connected to Pluggably/).count()).toBe(0);
});

test("TEST-MAN-008: the page is hosted elsewhere and talks to the gateway that its settings name", async () => {
  const { page } = visitor;
  await page.goto(ELSEWHERE);
  await page.getByRole("textbox", { name: "Address of the API" }).fill(KEYED);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Use an API key" }).click();
  await page.getByLabel("API key").fill(given("WEB_KEY"));
  const asked = page.waitForRequest((request) => request.url() === `${KEYED}/v1/users/me`);
  await page.getByRole("button", { name: "Log in" }).click();
  expect((await asked).headers()["x-api-key"]).toBe(given("WEB_KEY"));
  await visitor.choose("echo");
  await visitor.send("From elsewhere");
  await visitor.answered();
  await visitor.answers.last().getByText("From elsewhere").waitFor();
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(given("WEB_KEY"));
});

test("TEST-MAN-012: registering needs an invite; logging in and out works, with a cookie no script reads", async () => {
  const { page, context } = visitor;
  await page.goto(`${KEYED}/register`);
  const fill = async (label: string, value: string) => page.getByLabel(label).fill(value);
  await fill("Email or user name", "ada");
  await fill("Password", "correct horse battery staple");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("alert").waitFor();
  await page.goto(`${KEYED}/register?invite=${given("WEB_INVITE")}`);
  await fill("Email or user name", "ada");
  await fill("Password", "correct horse battery staple");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("What shall we talk about?").waitFor();
  const cookie = (await context.cookies()).find(({ name }) => name === "pluggably_session");
  expect(cookie?.httpOnly).toBe(true);
  expect(await page.evaluate(() => document.cookie)).not.toContain("pluggably_session");
  await page.reload();
  await visitor.choose("echo");
  await visitor.send("With a cookie");
  await visitor.answered();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in to Pluggably" }).waitFor();
  expect((await context.cookies()).some(({ name }) => name === "pluggably_session")).toBe(false);
  await fill("Email or user name", "ada");
  await fill("Password", "wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  await fill("Password", "correct horse battery staple");
  await page.getByRole("button", { name: "Log in" }).click();
  await visitor.prompts.getByText("With a cookie").waitFor();
});

test("axe finds no serious fault on any page, in either theme and at either size", async () => {
  for (const [options, colorScheme] of [
    [DESKTOP, "light"],
    [PHONE, "dark"],
  ] as const) {
    const guest = await Visitor.of(browser, { ...options, colorScheme });
    const { page } = guest;
    for (const [address, shown] of [
      [LOCAL, "What shall we talk about?"],
      [`${LOCAL}/settings`, "Appearance"],
      [KEYED, "Log in to Pluggably"],
      [`${KEYED}/register`, "Register with Pluggably"],
      [ELSEWHERE, "Connect to a gateway"],
    ] as const) {
      await page.goto(address);
      await page.getByText(shown).first().waitFor();
      expect(await guest.faults(), `${address}, ${colorScheme}`).toEqual([]);
    }
    await page.goto(LOCAL);
    await guest.choose("echo");
    await guest.send("| a |\n|---|\n| `1` |\n\n```\ncode\n```\n\n[link](https://example.com)");
    await guest.answered();
    await guest.answers.getByText("Copy code").waitFor();
    expect(await guest.faults(), `chat, ${colorScheme}`).toEqual([]);
    await page.getByRole("button", { name: /^Model:/ }).click();
    await page.getByRole("option").first().waitFor();
    expect(await guest.faults(), `models, ${colorScheme}`).toEqual([]);
    await guest.leave();
  }
});

test("the keyboard alone begins a chat, chooses a model and comes back to it", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await field.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Search models" }).waitFor();
  await page.keyboard.type("echo");
  await page.getByRole("option", { name: /echo/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Model: echo" }).waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await visitor.answered();
  await visitor.answers.last().getByText("By keyboard").waitFor();
});

test("on a phone the left pane comes in from the side, and nothing is wider than the screen", async () => {
  const guest = await Visitor.of(browser, PHONE);
  const { page } = guest;
  await page.goto(LOCAL);
  await guest.choose("echo");
  await guest.send(`On the phone ${"x".repeat(120)}`);
  await guest.answered();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.getByRole("button", { name: "Open the left pane" }).click();
  const pane = page.getByRole("dialog", { name: "Left pane" });
  await pane.getByRole("link", { name: /^On the phone/ }).waitFor();
  await pane.getByRole("link", { name: "New chat" }).click();
  await page.getByText("What shall we talk about?").waitFor();
  expect(await pane.isVisible()).toBe(false);
  await guest.leave();
});

test("with the gateway gone the page says so, and what was typed is not lost", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.write("Not to be lost");
  await page.route("**/v1/**", (route) => route.abort());
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
  await page.getByText("Not to be lost").waitFor();
  await page.unroute("**/v1/**");
  await page.getByRole("main").getByRole("button", { name: "Try again" }).click();
  await visitor.answered();
  expect(await visitor.prompts.last().innerText()).toContain("Not to be lost");
});

test("the first load stays under 250 KB, and what never changes is kept for good", async () => {
  const { page } = visitor;
  let total = 0;
  const lasting: string[] = [];
  page.on("response", async (reply) => {
    if (reply.url().includes("/v1/")) return;
    total += (await reply.request().sizes()).responseBodySize;
    if (reply.url().includes("/assets/")) lasting.push(reply.headers()["cache-control"] ?? "");
  });
  await page.goto(LOCAL, { waitUntil: "networkidle" });
  expect(total).toBeGreaterThan(50_000);
  expect(total).toBeLessThan(250_000);
  expect(new Set(lasting)).toEqual(new Set(["public, max-age=31536000, immutable"]));
});

test("a long answer keeps the page moving while it streams", async () => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("words");
  await visitor.send("Write at length.");
  await visitor.answers.last().locator(".prose-chat").waitFor();
  const longest = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        const gaps: number[] = [];
        let last = performance.now();
        const frame = (now: number) => {
          gaps.push(now - last);
          last = now;
          if (gaps.length < 120) requestAnimationFrame(frame);
          else done(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Number.POSITIVE_INFINITY);
        };
        requestAnimationFrame(frame);
      }),
  );
  await visitor.answered();
  console.log(`the median frame took ${longest.toFixed(1)} ms`);
  expect(longest).toBeLessThan(100);
});
