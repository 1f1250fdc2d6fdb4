import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");

/** The panel of this model, once it is drawn. */
function panel(page: Page, model: string) {
  return page.locator(`section[aria-label="Parameters"][data-model="${model}"]`);
}

async function open(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Parameters/ }).click();
}

/** What is sent when `act` sends a message, or asks for another answer. */
async function sentBy(page: Page, act: () => Promise<void>): Promise<Record<string, unknown>> {
  const [request] = await Promise.all([
    page.waitForRequest((asked) => asked.method() === "POST" && /\/(re)?generate$/.test(asked.url())),
    act(),
  ]);
  return request.postDataJSON() as Record<string, unknown>;
}

/** Keep the page in the chat, whatever model is chosen. */
async function stay(visitor: Visitor): Promise<void> {
  await visitor.context.addInitScript(() => {
    localStorage.setItem("pluggably.preference.layout", JSON.stringify({ mode: "locked", layout: "chat" }));
  });
}

test("TEST-MAN-004: the panel is drawn from the schema of the chosen model, and anew for another", async ({
  visitor,
}) => {
  const { page } = visitor;
  await stay(visitor);
  await page.goto(LOCAL);
  await open(page);
  await page.getByText("Choose a model to set its parameters.").waitFor();
  await visitor.choose("seeing");
  const text = panel(page, "seeing");
  await text.getByRole("slider", { name: "Temperature" }).waitFor();
  expect(await text.getByLabel("Temperature, as a number").getAttribute("placeholder")).toBe("0.8");
  await text.getByText("Tokens after which the answer is ended.").waitFor();
  await text.getByRole("radio", { name: "json" }).waitFor({ state: "attached" });
  await text.getByRole("switch", { name: "Log probabilities" }).waitFor();
  await text.getByRole("group", { name: "Stop strings" }).getByRole("button", { name: /^Add/ }).waitFor();
  await visitor.choose("scene-image");
  const image = panel(page, "scene-image");
  await image.getByRole("group", { name: "Size" }).getByText("512 × 512").waitFor();
  await image.getByRole("slider", { name: "Width" }).waitFor();
  expect(await page.getByLabel("Temperature, as a number").count()).toBe(0);
  await visitor.choose("scene-3d");
  await panel(page, "scene-3d").getByRole("radio", { name: "glb" }).waitFor({ state: "attached" });
});

test("choosing another model redraws the panel in under 100 ms", async ({ visitor }) => {
  const { page } = visitor;
  await stay(visitor);
  await page.goto(LOCAL);
  await visitor.choose("seeing");
  await open(page);
  await panel(page, "seeing").waitFor();
  const took: number[] = [];
  for (const [search, model] of [
    ["scene-image", "scene-image"],
    ["echo", "openai:echo"],
    ["scene-3d", "scene-3d"],
    ["seeing", "seeing"],
    ["scene-image", "scene-image"],
    ["seeing", "seeing"],
    ["scene-3d", "scene-3d"],
  ] as const) {
    await page.getByRole("button", { name: /^Model:/ }).click();
    await page.getByRole("combobox", { name: "Search models" }).fill(search);
    await page.getByRole("option", { name: new RegExp(search) }).waitFor();
    await page.waitForLoadState("networkidle");
    took.push(
      await page.evaluate(
        (wanted) =>
          new Promise<number>((done) => {
            const begun = performance.now();
            const look = () => {
              const drawn = document.querySelector(`section[aria-label="Parameters"][data-model="${wanted}"] input`);
              if (drawn !== null) done(performance.now() - begun);
              else requestAnimationFrame(look);
            };
            document.querySelector<HTMLElement>('[role="option"]')?.click();
            requestAnimationFrame(look);
          }),
        model,
      ),
    );
  }
  const sorted = took.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  console.log(`the panel was redrawn in ${took.map((one) => one.toFixed(0)).join(", ")} ms: ${median.toFixed(0)} ms`);
  expect(median).toBeLessThan(100);
});

test("only what differs from the defaults is sent, and one or all of it is reset", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  expect(await sentBy(page, () => visitor.send("With defaults"))).toMatchObject({ parameters: {} });
  await visitor.answered();
  await open(page);
  const drawn = panel(page, "openai:echo");
  await drawn.getByLabel("Temperature, as a number").fill("0.5");
  await drawn.getByRole("textbox", { name: "Longest answer" }).fill("64");
  await drawn.getByRole("button", { name: "Add to Stop strings" }).click();
  await drawn.getByRole("textbox", { name: "Stop strings 1" }).fill("never\\n");
  await drawn.getByRole("switch", { name: "Log probabilities" }).click();
  await drawn.getByRole("button", { name: "Reset Log probabilities" }).click();
  await page.getByRole("button", { name: "Parameters (changed)" }).waitFor();
  const parameters = { temperature: 0.5, max_tokens: 64, stop: ["never\n"] };
  expect(await sentBy(page, () => visitor.send("With three"))).toMatchObject({ parameters });
  await visitor.answered();
  await page.getByRole("button", { name: "Tokens, cost and speed" }).last().click();
  await page.getByRole("dialog", { name: "About this answer" }).getByText("Temperature").waitFor();
  await page.keyboard.press("Escape");
  await drawn.getByRole("button", { name: "Reset Temperature" }).click();
  const { temperature: _, ...others } = parameters;
  expect(await sentBy(page, () => visitor.send("With two"))).toMatchObject({ parameters: others });
  await visitor.answered();
  await drawn.getByRole("button", { name: "Reset all" }).click();
  await page.getByRole("button", { name: "Parameters", exact: true }).waitFor();
  expect((await sentBy(page, () => visitor.send("With none"))).parameters).toEqual({});
  await visitor.answered();
});

test("what can't be sent is told in words at its field, and the message stays", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await open(page);
  const field = panel(page, "openai:echo").getByLabel("Temperature, as a number");
  await field.fill("9");
  await page.getByText("Between 0 and 2.").waitFor();
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  const said = (await field.getAttribute("aria-describedby"))?.split(" ") ?? [];
  const words = await Promise.all(said.map((id) => page.locator(`[id="${id}"]`).innerText()));
  expect(words).toContain("Between 0 and 2.");
  await page.getByRole("button", { name: "Close: Parameters" }).click();
  await visitor.send("Not yet");
  await page.getByText("Between 0 and 2.").waitFor();
  expect(await page.getByRole("textbox", { name: "Message", exact: true }).inputValue()).toBe("Not yet");
  await panel(page, "openai:echo").getByLabel("Temperature, as a number").fill("warm");
  await page.getByText("Type a number.").waitFor();
  await panel(page, "openai:echo").getByLabel("Temperature, as a number").fill("0.2");
  await page.getByRole("button", { name: "Send" }).click();
  await visitor.answered();
  await visitor.answers.last().getByText("Not yet").waitFor();
});

test("what another model does not take is left out with a note, and the rest stays", async ({ visitor }) => {
  const { page } = visitor;
  await stay(visitor);
  await page.goto(LOCAL);
  await visitor.choose("seeing");
  await open(page);
  await panel(page, "seeing").getByLabel("Top k, as a number").fill("10");
  await panel(page, "seeing").getByRole("textbox", { name: "Seed" }).fill("7");
  await visitor.choose("echo");
  await panel(page, "openai:echo").getByText("Top k is left out: this model does not take it.").waitFor();
  expect(await panel(page, "openai:echo").getByRole("textbox", { name: "Seed" }).inputValue()).toBe("7");
  await page.getByRole("button", { name: "Close: Parameters" }).click();
  await open(page);
  await panel(page, "openai:echo").getByLabel("Temperature, as a number").fill("1.5");
  await page.getByRole("button", { name: "Close: Parameters" }).click();
  await visitor.choose("scene-3d");
  await page.getByRole("status").getByText("Temperature is left out: this model does not take it.").waitFor();
  expect((await sentBy(page, () => visitor.send("a red cube"))).parameters).toEqual({ seed: 7 });
  await visitor.answered();
});

/** Save what is set as a preset, take it up, rename it and delete it. */
async function usePreset(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  await visitor.choose("echo");
  await open(page);
  const drawn = panel(page, "openai:echo");
  const presets = drawn.getByRole("button", { name: "Presets" });
  await drawn.getByLabel("Temperature, as a number").fill("1.5");
  await presets.click();
  await page.getByRole("menuitem", { name: "Save as a preset…" }).click();
  await page.getByLabel("Name").fill("Wild");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: "Save as a preset" }).waitFor({ state: "detached" });
  await page.reload();
  await open(page);
  await drawn.getByRole("button", { name: "Reset all" }).click();
  await presets.click();
  await page.getByRole("menuitem", { name: "Wild" }).click();
  expect(await drawn.getByLabel("Temperature, as a number").inputValue()).toBe("1.5");
  await presets.click();
  await page.getByRole("menuitem", { name: "Rename or delete…" }).click();
  const shelf = page.getByRole("dialog", { name: "Presets" });
  await shelf.getByRole("button", { name: "Rename Wild" }).click();
  await shelf.getByLabel("Name").fill("Free");
  await shelf.getByRole("button", { name: "Save", exact: true }).click();
  await shelf.getByRole("button", { name: "Delete Free" }).click();
  await shelf.getByRole("button", { name: "Delete for good" }).click();
  await shelf.getByText("There are none any more.").waitFor();
  await shelf.getByRole("button", { name: "Done" }).click();
}

test("presets are saved under a name, taken up, renamed and deleted", async ({ visitor }) => {
  await visitor.page.goto(LOCAL);
  await usePreset(visitor);
});

test("presets of somebody who has logged in are kept in their profile", async ({ visitor, browser }) => {
  const { page } = visitor;
  await page.goto(`${KEYED}/register?invite=${given("WEB_INVITE")}`);
  await page.getByLabel("Email or user name").fill("grace");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("What shall we talk about?").waitFor();
  await usePreset(visitor);
  const drawn = panel(page, "openai:echo");
  await drawn.getByRole("button", { name: "Presets" }).click();
  await page.getByRole("menuitem", { name: "Save as a preset…" }).click();
  await page.getByLabel("Name").fill("Everywhere");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: "Save as a preset" }).waitFor({ state: "detached" });
  const elsewhere = await Visitor.of(browser, PHONE);
  await elsewhere.page.goto(KEYED);
  await elsewhere.page.getByLabel("Email or user name").fill("grace");
  await elsewhere.page.getByLabel("Password").fill("correct horse battery staple");
  await elsewhere.page.getByRole("button", { name: "Log in" }).click();
  await elsewhere.choose("echo");
  await open(elsewhere.page);
  await panel(elsewhere.page, "openai:echo").getByRole("button", { name: "Presets" }).click();
  await elsewhere.page.getByRole("menuitem", { name: "Everywhere" }).click();
  const field = panel(elsewhere.page, "openai:echo").getByLabel("Temperature, as a number");
  expect(await field.inputValue()).toBe("1.5");
  await elsewhere.leave();
});

test("TEST-MAN-017: an answer is made again with other parameters, and the earlier one is kept", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await open(page);
  await panel(page, "openai:echo").getByLabel("Temperature, as a number").fill("0.4");
  await page.getByRole("button", { name: "Close: Parameters" }).click();
  await visitor.send("Say it.");
  await visitor.answered();
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("menuitem", { name: "With other parameters…" }).click();
  const again = page.getByRole("complementary", { name: "Answer again" });
  const field = again.getByLabel("Temperature, as a number");
  await expect.poll(() => field.inputValue()).toBe("0.4");
  await field.fill("1.1");
  const sent = await sentBy(page, () => again.getByRole("button", { name: "Answer again", exact: true }).click());
  expect(sent).toMatchObject({ parameters: { temperature: 1.1 }, background: true });
  await visitor.answers.last().getByText("2 / 2").waitFor();
  await page.getByRole("button", { name: "Tokens, cost and speed" }).last().click();
  await page.getByRole("dialog", { name: "About this answer" }).getByText("1.1").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Earlier answer" }).click();
  await visitor.answers.last().getByText("1 / 2").waitFor();
});

test("another answer that is under way is picked up again after a reload and a lost connection", async ({
  visitor,
}) => {
  const { page, context } = visitor;
  await visitor.begin("Count slowly.");
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("menuitem", { name: /paced/ }).click();
  await visitor.answers.last().getByText("Hello, wörld!").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await context.setOffline(true);
  await page.waitForTimeout(300);
  await context.setOffline(false);
  await visitor.answered();
  await visitor.answers.last().getByText("Hello, wörld!".repeat(10)).waitFor();
  await visitor.answers.last().getByText("2 / 2").waitFor();
});

test("axe finds no serious fault in the panel, and it fits on a phone and at twice the size", async ({ browser }) => {
  for (const [options, colorScheme] of [
    [DESKTOP, "light"],
    [PHONE, "dark"],
    [{ viewport: { width: 640, height: 400 } }, "light"],
  ] as const) {
    const guest = await Visitor.of(browser, { ...options, colorScheme });
    const { page } = guest;
    await page.goto(LOCAL);
    await guest.choose("seeing");
    await open(page);
    await panel(page, "seeing").getByLabel("Temperature, as a number").fill("9");
    await panel(page, "seeing").getByRole("button", { name: "Add to Stop strings" }).click();
    expect(await guest.faults(), `panel, ${colorScheme}`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.getByRole("button", { name: "Presets" }).click();
    await page.getByRole("menuitem", { name: "Save as a preset…" }).waitFor();
    expect(await guest.faults(), `presets, ${colorScheme}`).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Close: Parameters" }).click();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toMatch(/^Parameters/);
    await guest.leave();
  }
});
