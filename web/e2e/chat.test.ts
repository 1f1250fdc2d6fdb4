import { expect } from "vitest";
import { given, test } from "./page.ts";

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

test("a long answer keeps the page moving while it streams", async ({ visitor }) => {
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
