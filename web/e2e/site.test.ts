import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");
const ELSEWHERE = given("WEB_ELSEWHERE");

test("TEST-MAN-MVP-005: the connection test shows a green check, or what is wrong", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/settings?section=connection`);
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByText(/Connected to Pluggably/).waitFor();
  await page.route("**/health", (route) => route.abort());
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
  expect(await page.getByText(/Connected to Pluggably/).count()).toBe(0);
});

test("TEST-MAN-008: the page is hosted elsewhere and talks to the gateway that its settings name", async ({
  visitor,
}) => {
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

test("TEST-MAN-012: registering needs an invite; logging in and out works, with a cookie no script reads", async ({
  visitor,
}) => {
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

test("axe finds no serious fault on any page, in either theme and at either size", async ({ browser }) => {
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

test("the keyboard alone begins a chat, chooses a model and comes back to it", async ({ visitor }) => {
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
  await page.locator('button[aria-label="Model: echo"]:focus').waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await visitor.answered();
  await visitor.answers.last().getByText("By keyboard").waitFor();
});

test("on a phone the left pane comes in from the side, and nothing is wider than the screen", async ({ browser }) => {
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

test("with the gateway gone the page says so, and what was typed is not lost", async ({ visitor }) => {
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

test("the first load stays under 250 KB, and what never changes is kept for good", async ({ visitor }) => {
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
