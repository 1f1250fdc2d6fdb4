import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");
/** Keeps any model busy until `max_tokens`. */
const ENDLESS = { type: "array", items: { type: "integer" }, minItems: 1500 };

/** Ask the real model for something that takes it a while; the request's id. */
async function ask(url = LOCAL, headers: Record<string, string> = {}): Promise<string> {
  const parameters = { max_tokens: 1500, json_schema: ENDLESS };
  const data = { model: "starter", background: true, input: { prompt: "Count." }, parameters };
  const reply = await fetch(`${url}/v1/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(data),
  });
  expect(reply.status).toBe(202);
  return (await reply.json()).request_id;
}

test("requests are shown with their place in line, cancelled one by one, and how they ended", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/activity`);
  await page.getByText("Nothing of yours is running or waiting.").waitFor();
  const first = await ask();
  const row = (id: string) => page.locator(`[data-request="${id}"]`);
  await row(first).and(page.locator('[data-status="running"]')).waitFor();
  const second = await ask();
  await row(second)
    .getByText(/Next in line/)
    .waitFor();
  await row(second).getByRole("button", { name: "Cancel the request to starter" }).click();
  await row(second).and(page.locator('[data-status="cancelled"]')).waitFor();
  await row(first).and(page.locator('[data-status="running"]')).waitFor();
  await row(first).getByRole("button", { name: "Cancel the request to starter" }).click();
  const finished = page.getByRole("list", { name: "Finished lately" });
  await finished
    .locator(`[data-request="${first}"]`)
    .getByText(/^Cancelled · Text/)
    .waitFor();
  await page.getByText("Nothing of yours is running or waiting.").waitFor();
});

test("a request that ends while somebody looks shows its outcome", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/activity`);
  await page.getByRole("heading", { name: "Finished lately" }).waitFor();
  // Not a background request: the gateway lists it while it runs and no longer.
  const body = { model: "openai:paced:0.06", input: { prompt: "Count slowly." }, stream: true };
  const asked = page.request.post(`${LOCAL}/v1/generate`, { data: body });
  const running = page.getByRole("list", { name: "Requests" }).getByText("openai:paced:0.06");
  await running.waitFor();
  expect((await asked).status()).toBe(200);
  await page
    .getByRole("list", { name: "Finished lately" })
    .getByRole("listitem")
    .filter({ hasText: "openai:paced:0.06" })
    .getByText(/^Completed/)
    .first()
    .waitFor();
});

test("models in memory are listed with what they take, and unloaded, also while they answer", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/activity`);
  await page.request.post(`${LOCAL}/v1/models/starter/load`, { data: { wait: true } });
  const row = page.getByRole("list", { name: "Models in memory" }).locator('[data-model="starter"]');
  await row.getByText(/MB · .*Idle for .* · leaves in/).waitFor();
  const memory = page.getByRole("progressbar", { name: "Memory of models" });
  await expect.poll(async () => Number(await memory.getAttribute("aria-valuenow"))).toBeGreaterThanOrEqual(0);
  await page
    .getByText(/^\d+ MB of [\d.]+ GB allowed$/)
    .first()
    .waitFor();
  const request = await ask();
  await row.getByText(/Busy with 1/).waitFor();
  await row.getByRole("button", { name: "Unload starter" }).click();
  await row.getByRole("alert").getByRole("button", { name: "Unload once it has answered" }).waitFor();
  await page.request.post(`${LOCAL}/v1/requests/${request}/cancel`);
  await row.getByRole("button", { name: "Unload once it has answered" }).click();
  await row.waitFor({ state: "detached" });
  await page.getByText("No model is in memory; the first request loads one.").waitFor();
});

test("a download is seen here too, and cancelled", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/activity`);
  await page.getByText("Nothing is being downloaded.").waitFor();
  const source = { type: "huggingface", id: "acme/slow-GGUF:Q8_0" };
  await page.request.post(`${LOCAL}/v1/models/download`, { data: { source } });
  const row = page.getByRole("list", { name: "Downloads" }).locator("[data-job]").first();
  await row.getByText(/MB of 6\.0 MB/).waitFor();
  await row.getByRole("button", { name: "Cancel slow.Q8_0" }).click();
  await row.getByText(/^Cancelled at/).waitFor();
});

test("what others do is counted, and nobody sees whose it is", async ({ visitor }) => {
  const { page } = visitor;
  const key = { "x-api-key": given("WEB_KEY") };
  await page.goto(`${KEYED}/activity`);
  await page.getByLabel("Email or user name").fill("ben");
  await page.getByLabel("Password").fill(given("WEB_PASSWORD"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Nothing of yours is running or waiting.").waitFor();
  const other = await ask(KEYED, key);
  await page.getByText("Requests of others: 1 running at starter.").waitFor();
  expect(await page.locator(`[data-request="${other}"]`).count()).toBe(0);
  expect(await page.getByRole("button", { name: /^(Cancel|Unload) / }).count()).toBe(0);
  await fetch(`${KEYED}/v1/requests/${other}/cancel`, { method: "POST", headers: key });
  await page.getByText(/^Requests of others/).waitFor({ state: "detached" });
});

test("a hidden tab asks nothing, and asks again once it is seen", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/activity`);
  await page.getByRole("heading", { name: "Models in memory" }).waitFor();
  const show = (state: "hidden" | "visible") =>
    page.evaluate((shown) => {
      Object.defineProperty(document, "visibilityState", { value: shown, configurable: true });
      Object.defineProperty(document, "hidden", { value: shown === "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBeGreaterThan(2);
  await show("hidden");
  await page.waitForTimeout(500); // what was under way
  asked.length = 0;
  await page.waitForTimeout(3000);
  expect(asked).toEqual([]);
  await show("visible");
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBeGreaterThan(2);
});

test("axe finds no serious fault on the activity page, nothing is wider than a phone", async ({
  visitor,
  browser,
}) => {
  const request = await ask();
  for (const [options, theme] of [
    [DESKTOP, "light"],
    [PHONE, "dark"],
    [DESKTOP, "dark"],
    [PHONE, "light"],
  ] as const) {
    const looks = await Visitor.of(browser, { ...options, colorScheme: theme });
    const { page } = looks;
    await page.goto(`${LOCAL}/activity`);
    await page.getByRole("list", { name: "Requests" }).waitFor();
    await page.getByRole("list", { name: "Models in memory" }).waitFor();
    expect(await looks.faults()).toEqual([]);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wider).toBeLessThanOrEqual(0);
    await looks.leave();
  }
  await visitor.page.request.post(`${LOCAL}/v1/requests/${request}/cancel`);
});
