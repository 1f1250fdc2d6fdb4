import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { given, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");

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

test("a session of 2,000 messages opens at its end, and older ones come while one scrolls up", async ({
  visitor,
}) => {
  const { page } = visitor;
  const talk = Array.from({ length: 999 }, (_, turn) => [
    { role: "user", content: `Question ${turn}: how does it go on?` },
    {
      role: "assistant",
      content: `Answer ${turn}.\n\n- first *point*\n- **second**, with \`code\`\n\n${"More. ".repeat(40)}`,
    },
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
        const end = performance.now() + 60_000;
        const step = () => {
          scroller.scrollTop -= 400;
          if ((articles.length >= 2000 && scroller.scrollTop <= 0) || performance.now() > end) done();
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
  await visitor.answers
    .last()
    .getByText(/answers instead of groq:error:503: the provider/)
    .waitFor();
  expect((await told()).join("\n")).toContain("The answer is complete.");
  await visitor.choose("error:402");
  await page.getByRole("button", { name: /^Parameters/ }).click();
  await page.getByRole("textbox", { name: "Longest answer" }).fill("4"); // a real model stands in
  await visitor.send("Who pays?");
  const notice = /answers instead of deepseek:error:402: the credits of the first choice are used up/;
  await visitor.answers.last().getByText(notice).waitFor();
  await visitor.answered();
  await visitor.answers.last().getByText(notice).waitFor();
});

test("at twice the size nothing is cut off, and nothing moves where motion is unwanted", async ({ browser }) => {
  const guest = await Visitor.of(browser, { viewport: { width: 640, height: 400 }, reducedMotion: "reduce" });
  const { page } = guest;
  await page.goto(LOCAL);
  await guest.choose("paced");
  await guest.send(`Look: ${"x".repeat(200)} | a | b |`);
  await page.getByRole("button", { name: "Stop" }).waitFor();
  const moving = await page.evaluate(
    () => document.getAnimations().filter((one) => one.playState === "running").length,
  );
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
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
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
