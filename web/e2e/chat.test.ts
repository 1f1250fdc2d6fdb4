import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { given, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const PICTURE = given("WEB_PICTURE");

test("TEST-MAN-005: an answer comes into the chat piece by piece", async ({ visitor }) => {
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

test("a real model answers, and Auto is the first choice", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  expect(await page.getByRole("button", { name: /^Model:/ }).innerText()).toBe("Auto");
  await visitor.begin("Say hello.", "seeing");
  expect((await visitor.answers.last().locator(".prose-chat").innerText()).trim()).not.toBe("");
  await page.getByRole("button", { name: "Tokens, cost and speed" }).last().click();
  const about = page.getByRole("dialog", { name: "About this answer" });
  await about.getByText("Tokens written").waitFor();
  await about.getByText("this gateway").waitFor();
});

test("TEST-MAN-004: models are listed and filtered by what they make", async ({ visitor }) => {
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

test("TEST-MAN-MVP-003: sessions stand in the left pane and can be switched", async ({ visitor }) => {
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

test("TEST-MAN-MVP-004: prompts and answers show when they were made", async ({ visitor }) => {
  await visitor.begin("What time is it?");
  const at = async (message: typeof visitor.prompts) => message.last().locator("time").getAttribute("datetime");
  const asked = Date.parse((await at(visitor.prompts)) ?? "");
  const answered = Date.parse((await at(visitor.answers)) ?? "");
  expect(answered).toBeGreaterThanOrEqual(asked);
  expect(Math.abs(Date.now() - answered)).toBeLessThan(120_000);
  expect(await visitor.prompts.last().locator("time").innerText()).toMatch(/\d{1,2}:\d{2}/);
});

test("TEST-MAN-009: what was said is still there, and each session keeps to itself", async ({ visitor }) => {
  const { page } = visitor;
  await visitor.begin("My name is Ada.");
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

test("TEST-MAN-017: an answer is made again, and the earlier one can be leafed back to", async ({ visitor }) => {
  const { page } = visitor;
  await visitor.begin("Tell me something.", "paced");
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

test("a prompt is edited and sent again", async ({ visitor }) => {
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

test("an answer is stopped, and what has come of it stays", async ({ visitor }) => {
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

test("an answer that is under way is picked up again after a reload", async ({ visitor }) => {
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

test("a lost connection is picked up again", async ({ visitor }) => {
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

test("Markdown is shown with code to copy, tables and formulas; nothing in it runs", async ({ visitor }) => {
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

test("Enter sends, Shift+Enter breaks the line, Up recalls", async ({ visitor }) => {
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

test("TEST-MAN-018: images are attached by upload, paste, drag and address, and refused with a reason", async ({
  visitor,
}) => {
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

test("a session is renamed, exported and closed", async ({ visitor }) => {
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

/** Begins to count frames in the page; `frames` tells what came of it. */
async function countFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    const frame = (now: number) => {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, { gaps });
  });
}

interface Frames {
  perSecond: number;
  median: number;
  longest: number;
}

async function frames(page: Page): Promise<Frames> {
  const gaps = await page.evaluate(() => (window as unknown as { gaps: number[] }).gaps);
  const sorted = gaps.slice(1).sort((a, b) => a - b);
  const total = sorted.reduce((sum, gap) => sum + gap, 0);
  return {
    perSecond: (sorted.length * 1000) / total,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    longest: sorted.at(-1) ?? 0,
  };
}

/** Seconds that the page's main thread has worked so far, without those that others had the processor. */
async function worked(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  };
}

test("a streamed answer of 2,000 tokens keeps the page moving", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("words");
  const work = await worked(page);
  await visitor.send("Write at length.");
  await visitor.answers.last().locator(".prose-chat").waitFor();
  const [before, begun] = [await work(), Date.now()];
  await countFrames(page);
  await page.getByRole("button", { name: "Send" }).waitFor({ timeout: 100_000 });
  const { perSecond, median, longest } = await frames(page);
  const share = ((await work()) - before) / ((Date.now() - begun) / 1000);
  console.log(
    `streaming: ${perSecond.toFixed(0)} frames/s, median ${median.toFixed(1)} ms, longest ${longest.toFixed(0)} ms, ` +
      `main thread ${(share * 100).toFixed(0)} % busy`,
  );
  expect((await visitor.answers.last().innerText()).split(/\s+/).length).toBeGreaterThan(1900);
  expect(perSecond).toBeGreaterThan(15);
  expect(share).toBeLessThan(0.8);
});

test("a session of 2,000 messages opens at its end, and older ones come while one scrolls up", async ({ visitor }) => {
  const { page } = visitor;
  const talk = Array.from({ length: 999 }, (_, turn) => [
    { role: "user", content: `Question ${turn}: how does it go on?` },
    { role: "assistant", content: `Answer ${turn}.\n\n- first *point*\n- **second**, with \`code\`\n\n${"More. ".repeat(40)}` },
  ]).flat();
  const post = async (path: string, data: unknown) => (await page.request.post(`${LOCAL}${path}`, { data })).json();
  const { id } = await post("/v1/sessions", { title: "Long" });
  const input = { messages: [...talk, { role: "user", content: "The last question" }] };
  await post(`/v1/sessions/${id}/generate`, { model: "openai:echo", input });
  const begun = Date.now();
  await page.goto(`${LOCAL}/chat/${id}`);
  await visitor.prompts.last().getByText("The last question").waitFor();
  const opened = Date.now() - begun;
  expect(await visitor.prompts.last().evaluate((last) => last.getBoundingClientRect().top < innerHeight)).toBe(true);
  expect(await page.getByRole("article").count()).toBeLessThan(200);
  await countFrames(page);
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        const scroller = document.querySelector("[data-scroller]") as HTMLElement;
        const articles = document.getElementsByTagName("article");
        const step = () => {
          scroller.scrollTop -= 400;
          if (articles.length >= 2000 && scroller.scrollTop <= 0) done();
          else requestAnimationFrame(step);
        };
        step();
      }),
  );
  const { perSecond, median, longest } = await frames(page);
  console.log(
    `2,000 messages: opened in ${opened} ms; scrolled through at ${perSecond.toFixed(0)} frames/s, ` +
      `median ${median.toFixed(1)} ms, longest ${longest.toFixed(0)} ms`,
  );
  await visitor.prompts.first().getByText("Question 0:").waitFor();
  expect(await page.getByRole("article").count()).toBe(2000);
  expect(median).toBeLessThan(60);
  expect(longest).toBeLessThan(2000);
  await page.getByRole("button", { name: "To the newest message" }).click();
  await visitor.prompts.last().getByText("The last question").waitFor();
  await visitor.choose("echo");
  await visitor.send("And on it goes");
  await visitor.answered();
  await visitor.answers.last().getByText("And on it goes").waitFor();
});

/** What the page's status lines say, from now on. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const told = new Set<string>();
    Object.assign(window, { told });
    new MutationObserver(() => {
      for (const line of document.querySelectorAll('[role="status"]')) told.add(line.textContent ?? "");
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  return () => page.evaluate(() => [...(window as unknown as { told: Set<string> }).told]);
}

test("it is told that a model is loaded, and how long the queue before it is", async ({ visitor }) => {
  const { page } = visitor;
  await page.request.post(`${LOCAL}/v1/models/seeing/unload`, { data: { force: true } });
  await page.goto(LOCAL);
  await visitor.choose("seeing");
  await page.getByRole("button", { name: /^Parameters/ }).click();
  await page.getByRole("textbox", { name: "Longest answer" }).fill("4");
  const told = await listen(page);
  await visitor.send("Say hello.");
  await visitor.answered();
  expect((await told()).join("\n")).toMatch(/Loading the model/);
  const endless = { json_schema: { type: "array", items: { type: "integer" }, minItems: 1500 }, max_tokens: 1500 };
  const occupied = page.request.post(`${LOCAL}/v1/generate`, {
    data: { model: "seeing", input: { prompt: "Count." }, parameters: endless },
    headers: { "X-Request-ID": "req_occupies_the_model" },
    timeout: 100_000,
  });
  await expect
    .poll(async () => (await page.request.get(`${LOCAL}/v1/requests/req_occupies_the_model`)).json())
    .toMatchObject({ status: "running" });
  await visitor.send("And now?");
  await page.getByText(/Next in the queue, about .+…/).waitFor();
  await page.request.post(`${LOCAL}/v1/requests/req_occupies_the_model/cancel`);
  await occupied;
  await visitor.answered();
  expect(await visitor.answers.count()).toBe(2);
});

test("it is told that another model answers, and that credits are used up", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("error:503");
  const told = await listen(page);
  await visitor.send("Anybody?");
  await visitor.answered();
  await visitor.answers.last().getByText("Anybody?").waitFor();
  await visitor.answers.last().getByText(/answers instead of groq:error:503: the provider/).waitFor();
  expect((await told()).join("\n")).toContain("The answer is complete.");
  await visitor.choose("error:402");
  await visitor.send("Who pays?");
  const alert = page.getByRole("alert");
  await alert.getByText("Choose another model, or add credits with the provider.").waitFor();
  await page.getByText("Who pays?").waitFor();
});

test("at twice the size nothing is cut off, and nothing moves where motion is unwanted", async ({ browser }) => {
  const guest = await Visitor.of(browser, { viewport: { width: 640, height: 400 }, reducedMotion: "reduce" });
  const { page } = guest;
  await page.goto(LOCAL);
  await guest.choose("paced");
  await guest.send(`Look: ${"x".repeat(200)} | a | b |`);
  await page.getByRole("button", { name: "Stop" }).waitFor();
  const moving = await page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length);
  expect(moving).toBe(0);
  await guest.answered();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  for (const name of ["Send", "Attach an image", "Parameters"]) {
    const box = await page.getByRole("button", { name, exact: true }).boundingBox();
    expect(box !== null && box.y >= 0 && box.y + box.height <= 400 && box.x + box.width <= 640, name).toBe(true);
  }
  await guest.leave();
});

test("with the gateway stopped a reload still brings the page, which says what is wrong", async ({ browser }) => {
  const gateway = new URL(LOCAL);
  const way = createServer((from) => {
    const to = connect(Number(gateway.port), gateway.hostname);
    from.pipe(to).pipe(from);
    for (const [one, other] of [[from, to], [to, from]] as const) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
      open.add(one);
    }
  });
  const open = new Set<Socket>();
  await new Promise<void>((done) => way.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${(way.address() as AddressInfo).port}`;
  const guest = await Visitor.of(browser);
  const { page } = guest;
  await page.goto(address);
  await guest.write("Not to be lost");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  const closed = new Promise((done) => way.close(done));
  for (const one of open) one.destroy();
  await closed;
  await page.reload();
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
  await new Promise<void>((done) => way.listen(Number(new URL(address).port), "127.0.0.1", done));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect
    .poll(() => page.getByRole("textbox", { name: "Message", exact: true }).inputValue())
    .toBe("Not to be lost");
  await guest.leave();
  for (const one of open) one.destroy();
  way.close();
});
