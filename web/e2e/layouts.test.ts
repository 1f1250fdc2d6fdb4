import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");

async function layout(page: Page): Promise<string | null> {
  return page.locator("[data-layout]").getAttribute("data-layout");
}

async function choose(page: Page, entry: string): Promise<void> {
  await page.getByRole("button", { name: /^Layout:/ }).click();
  await page.getByRole("menuitemradio", { name: entry }).click();
}

const inStudio = (page: Page) => page.getByRole("heading", { name: "Studio", level: 1 });
const message = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt", exact: true });

test("TEST-MAN-015: the layout follows the model and the device, unless it is chosen or locked", async ({
  visitor,
  browser,
}) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  expect(await layout(page)).toBe("chat");
  await visitor.choose("scene-image");
  await inStudio(page).waitFor();
  expect(await layout(page)).toBe("studio");
  await page.getByRole("button", { name: /^Model:/ }).click();
  const picker = page.getByRole("dialog", { name: "Choose a model" });
  await picker.getByRole("button", { name: "3D", exact: true }).click();
  await page.getByRole("option", { name: /scene-3d/ }).click();
  await page.getByRole("button", { name: "Model: scene-3d" }).waitFor();
  expect(await layout(page)).toBe("studio");

  const phone = await Visitor.of(browser, PHONE);
  await phone.page.goto(LOCAL);
  expect(await layout(phone.page)).toBe("compact");
  await phone.choose("scene-image");
  await inStudio(phone.page).waitFor();
  expect(await layout(phone.page)).toBe("compact");
  await choose(phone.page, "Chat");
  await expect.poll(() => layout(phone.page)).toBe("chat");
  await phone.leave();

  await choose(page, "Chat");
  await message(page).waitFor();
  await page.getByRole("button", { name: /^Layout:/ }).click();
  await page.getByRole("menuitemcheckbox", { name: "Lock this layout" }).click();
  await page.getByRole("button", { name: "Layout: Chat, locked" }).waitFor();
  await visitor.choose("scene-3d");
  await page.getByRole("button", { name: "Model: scene-3d" }).waitFor();
  await visitor.write("a red cube");
  expect(await layout(page)).toBe("chat");
  expect(await page.getByRole("status", { name: "Layout" }).textContent()).toBe("");
  await page.getByRole("button", { name: "Send" }).click();
  await visitor.answered();
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await layout(page)).toBe("chat");
  await page.reload();
  await visitor.prompts.getByText("a red cube").waitFor();
  expect(await layout(page)).toBe("chat");
});

test("what was written goes along to the Studio and back, and the move can be taken back or kept from happening", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await visitor.choose("echo");
  await visitor.write("a red cube");
  await visitor.choose("scene-image");
  await inStudio(page).waitFor();
  expect(await prompt(page).inputValue()).toBe("a red cube");
  await page.getByRole("button", { name: "Model: scene-image" }).waitFor();
  await page.getByRole("button", { name: "Back to the chat" }).click();
  await message(page).waitFor();
  expect(await message(page).inputValue()).toBe("a red cube");
  await page.getByRole("button", { name: "Model: scene-image" }).waitFor();
  await visitor.choose("scene-3d");
  await inStudio(page).waitFor();
  await prompt(page).fill("Tell me about cubes");
  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByRole("option", { name: /echo/ }).click();
  await message(page).waitFor();
  expect(await message(page).inputValue()).toContain("Tell me about cubes");
  await page.getByRole("button", { name: "Model: echo" }).waitFor();
  await visitor.choose("scene-image");
  await inStudio(page).waitFor();
  await page.getByRole("button", { name: "Always stay in the chat" }).click();
  await message(page).waitFor();
  await visitor.choose("scene-3d");
  await page.getByRole("button", { name: "Model: scene-3d" }).waitFor();
  expect(await layout(page)).toBe("chat");
  expect(await inStudio(page).count()).toBe(0);
});

test("where the layout is chosen by hand, a move is offered and not made", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await choose(page, "Chat");
  await visitor.write("a red cube");
  await visitor.choose("scene-image");
  await page.getByText("The Studio is made for that.").waitFor();
  expect(await layout(page)).toBe("chat");
  await page.getByRole("button", { name: "Go to the Studio" }).click();
  await inStudio(page).waitFor();
  expect(await prompt(page).inputValue()).toBe("a red cube");
});

test("Compact is one column at a desk too, and the Studio can be where one begins", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  const pane = page.getByRole("complementary", { name: "Left pane" });
  await pane.waitFor();
  await choose(page, "Compact");
  await page.getByRole("button", { name: "Open the left pane" }).waitFor();
  expect(await pane.isVisible()).toBe(false);
  await page.getByRole("button", { name: "Open the left pane" }).click();
  await page.getByRole("dialog", { name: "Left pane" }).getByRole("link", { name: "Settings" }).click();
  await page.getByRole("radio", { name: "Studio", exact: false }).last().check({ force: true });
  await expect.poll(() => layout(page)).toBe("studio");
  await page.goto(LOCAL);
  await inStudio(page).waitFor();
});

test("the layout of somebody who has logged in is kept in their profile", async ({ visitor, browser }) => {
  const { page } = visitor;
  const password = "correct horse battery staple";
  await page.goto(`${KEYED}/register?invite=${given("WEB_INVITE")}`);
  await page.getByLabel("Email or user name").fill("lin");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("What shall we talk about?").waitFor();
  const kept = page.waitForResponse((reply) => reply.request().method() === "PATCH" && reply.url().endsWith("/me"));
  await choose(page, "Compact");
  expect((await kept).ok()).toBe(true);
  const elsewhere = await Visitor.of(browser);
  await elsewhere.page.goto(KEYED);
  await elsewhere.page.getByLabel("Email or user name").fill("lin");
  await elsewhere.page.getByLabel("Password").fill(password);
  await elsewhere.page.getByRole("button", { name: "Log in" }).click();
  await elsewhere.page.getByRole("button", { name: "Layout: Compact, by hand" }).waitFor();
  expect(await layout(elsewhere.page)).toBe("compact");
  await elsewhere.leave();
});

test("axe finds no serious fault in the layouts' menu, notice and settings", async ({ browser }) => {
  for (const [options, colorScheme] of [
    [DESKTOP, "light"],
    [PHONE, "dark"],
  ] as const) {
    const guest = await Visitor.of(browser, { ...options, colorScheme });
    const { page } = guest;
    await page.goto(LOCAL);
    await page.getByRole("button", { name: /^Layout:/ }).click();
    await page.getByRole("menuitemradio", { name: "Studio" }).waitFor();
    expect(await guest.faults(), `menu, ${colorScheme}`).toEqual([]);
    await page.getByRole("menuitemradio", { name: "Chat" }).click();
    await guest.choose("scene-image");
    await page.getByRole("button", { name: "Go to the Studio" }).waitFor();
    expect(await guest.faults(), `notice, ${colorScheme}`).toEqual([]);
    await page.goto(`${LOCAL}/settings?section=appearance`);
    await page.getByRole("radio", { name: /^Locked/ }).waitFor({ state: "attached" });
    expect(await guest.faults(), `settings, ${colorScheme}`).toEqual([]);
    await guest.leave();
  }
});
