import { Pluggably, type Profile } from "@pluggably/client";
import { expect } from "vitest";
import { DESKTOP, given, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");
const VENDOR = given("WEB_VENDOR");
const PASSWORD = "correct horse battery staple";

const operator = new Pluggably({ baseUrl: KEYED, apiKey: given("WEB_KEY") });

/** Make an account. The first on a gateway that comes by invite is an administrator's. */
async function account(username: string): Promise<Profile> {
  const { invite_token } = await operator.createInvite();
  return operator.register({ username, password: PASSWORD, invite_token });
}

async function admin(username: string): Promise<Profile> {
  const made = await account(username);
  await operator.updateUser(made.id, { role: "admin" });
  return made;
}

async function plain(username: string): Promise<Profile> {
  const made = await account(username);
  await operator.updateUser(made.id, { role: "user" });
  return made;
}

/** A program that has logged in for somebody. */
async function programOf(username: string, password = PASSWORD): Promise<Pluggably> {
  const program = new Pluggably({ baseUrl: KEYED });
  await program.login({ username, password });
  return program;
}

async function logIn({ page }: Visitor, name: string, path = "", password = PASSWORD): Promise<void> {
  await page.goto(`${KEYED}${path}`);
  await page.getByLabel("Email or user name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

test("TEST-MAN-013: preferences are kept, and apply on every device", async ({ visitor, browser }) => {
  const { page } = visitor;
  await plain("frida");
  await logIn(visitor, "frida", "/settings?section=profile");
  await page.getByLabel("Name", { exact: true }).fill("Frida K.");
  await page.getByRole("button", { name: "Save profile" }).click();
  await page.getByText("Saved").waitFor();
  const text = page.getByRole("combobox", { name: "Text", exact: true });
  await text.selectOption({ label: "echo · openai" });
  const preferred = await text.inputValue();
  await page.getByRole("button", { name: "Save models" }).click();
  await page.getByText("Saved").nth(1).waitFor();
  await page.getByLabel("Enter sends the message").uncheck();
  await page.getByRole("link", { name: "Appearance" }).click();
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await page.goto(`${KEYED}/settings?section=profile`);
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Frida K.");
  await expect.poll(() => text.inputValue()).toBe(preferred);
  expect(await page.getByLabel("Enter sends the message").isChecked()).toBe(false);

  const elsewhere = await Visitor.of(browser);
  await logIn(elsewhere, "frida");
  await elsewhere.page.getByRole("button", { name: "Model: echo" }).waitFor();
  await expect.poll(() => elsewhere.page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await elsewhere.page.getByText("Frida K.").first().waitFor();
  const field = elsewhere.page.getByRole("textbox", { name: "Message", exact: true });
  await field.fill("one");
  await field.press("Enter");
  await field.pressSequentially("two");
  expect(await field.inputValue()).toBe("one\ntwo");
  await field.press("Control+Enter");
  await elsewhere.answered();
  await elsewhere.answers
    .last()
    .getByText(/one\s+two/)
    .waitFor();
  await elsewhere.leave();
});

test("TEST-MAN-014: an API token is shown once, works until it is revoked, and is refused after that", async ({
  visitor,
}) => {
  const { page, context } = visitor;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await plain("tove");
  await logIn(visitor, "tove", "/settings?section=tokens");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("laptop");
  await page.getByRole("combobox", { name: "Valid for" }).selectOption("30 days");
  await page.getByRole("button", { name: "Make token" }).click();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied").waitFor();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  expect(token).toMatch(/^pgy_/);
  await page.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "laptop" });
  expect(await row.innerText()).toMatch(/read, generate[\s\S]*Never used · expires/);
  expect(await page.getByText(token).count()).toBe(0);

  const program = new Pluggably({ baseUrl: KEYED, apiKey: token });
  expect((await program.me()).username).toBe("tove");
  expect((await program.generate({ model: "echo", prompt: "Hello there" })).output.text).toContain("Hello there");
  const noted = async () => (await program.listUserTokens()).tokens[0]?.last_used_at ?? null;
  await expect.poll(noted, { timeout: 90_000 }).not.toBe(null); // it is written behind
  await page.reload();
  await row.getByText(/Last used/).waitFor();
  await row.getByRole("button", { name: "Revoke laptop" }).click();
  const asked = page.getByRole("dialog", { name: "Revoke “laptop”?" });
  await asked.getByRole("button", { name: "Revoke" }).click();
  await page.getByText(/None yet/).waitFor();
  await expect(program.me()).rejects.toMatchObject({ status: 401 });
});

test("TEST-MAN-MVP-002: each provider asks for what it needs; a key is stored, checked, replaced and removed", async ({
  visitor,
}) => {
  const { page } = visitor;
  await plain("kees");
  await logIn(visitor, "kees", "/settings?section=credentials&provider=anthropic");
  let dialog = page.getByRole("dialog", { name: "Add a key for Anthropic" });
  await dialog.getByRole("textbox", { name: "API key" }).waitFor();
  await dialog.getByRole("radio", { name: "OAuth access token" }).check();
  await dialog.getByRole("textbox", { name: "OAuth access token" }).waitFor();
  expect(await dialog.getByRole("textbox").count()).toBe(1);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect(page.url()).not.toContain("provider=");

  await page.getByRole("button", { name: "Add a key for Google Gemini" }).click();
  dialog = page.getByRole("dialog", { name: "Add a key for Google Gemini" });
  await dialog.getByRole("radio", { name: "Service account (JSON key)" }).check();
  await dialog.getByRole("textbox", { name: "Service account (JSON key)" }).fill("{}");
  await dialog.getByRole("button", { name: "Store" }).click();
  await dialog.getByRole("alert").waitFor();
  expect(await dialog.getByRole("textbox").inputValue()).toBe("{}");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  const compatible = "Any OpenAI-compatible server";
  await page.getByRole("button", { name: `Add a key for ${compatible}` }).click();
  dialog = page.getByRole("dialog", { name: `Add a key for ${compatible}` });
  await dialog.getByRole("textbox", { name: "Endpoint" }).fill(VENDOR);
  await dialog.getByRole("textbox", { name: "API key" }).fill("sk-of-my-own-1234");
  await dialog.getByRole("button", { name: "Store" }).click();
  await page.getByText(/It unlocks 3 models\./).waitFor();
  await page.reload();
  const own = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("button", { name: `Remove the key for ${compatible}` }) });
  await own.getByText("1234").waitFor();
  expect(await page.getByText("sk-of-my-own-1234").count()).toBe(0);
  await own.getByRole("button", { name: `Check the key for ${compatible}` }).click();
  await own.getByText(/It unlocks 3 models\./).waitFor();

  await own.getByRole("button", { name: `Replace the key for ${compatible}` }).click();
  dialog = page.getByRole("dialog", { name: `Replace the key for ${compatible}` });
  await dialog.getByRole("textbox", { name: "Endpoint" }).fill(VENDOR);
  await dialog.getByRole("textbox", { name: "API key" }).fill("sk-another-of-mine-5678");
  await dialog.getByRole("button", { name: "Store" }).click();
  await own.getByText("5678").waitFor();

  await own.getByRole("button", { name: `Remove the key for ${compatible}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: `Add a key for ${compatible}` }).waitFor();
});

test("the link of an invite is made by an administrator, and somebody registers with it", async ({
  visitor,
  browser,
}) => {
  const { page } = visitor;
  await admin("ines");
  await logIn(visitor, "ines", "/admin?section=invites");
  await page.getByLabel("Valid for days").fill("3");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await page.getByText(/register\?invite=pgi_/).innerText();
  const open = page.getByRole("list", { name: "Invites" }).getByRole("listitem").filter({ hasText: "used 0 of 1" });
  await open.filter({ hasText: "Open until" }).first().waitFor();

  const guest = await Visitor.of(browser, PHONE);
  await guest.page.goto(link);
  await guest.page.getByLabel("Email or user name").fill("gast");
  await guest.page.getByLabel("Password", { exact: true }).fill("short");
  await guest.page.getByRole("button", { name: "Register" }).click();
  expect(await guest.page.getByRole("heading", { name: "Register with Pluggably" }).count()).toBe(1);
  await guest.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await guest.page.getByRole("button", { name: "Register" }).click();
  await guest.page.getByText("What shall we talk about?").waitFor();
  await guest.leave();

  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByRole("searchbox", { name: "Search users" }).fill("GAST");
  await page.getByRole("button", { name: "Options of gast" }).waitFor();
  await page.getByRole("link", { name: "Invites", exact: true }).click();
  await page.getByText("Used up").first().waitFor();
});

test("an administrator finds users, limits them, makes them administrators and shuts them out", async ({
  visitor,
  browser,
}) => {
  const { page } = visitor;
  await admin("chef");
  await plain("lise");
  const other = await Visitor.of(browser);
  await logIn(other, "lise", "/settings?section=usage");
  await other.page.getByText("Nothing limits you.").waitFor();
  expect(await other.page.getByRole("link", { name: "People" }).count()).toBe(0);
  await other.page.goto(`${KEYED}/admin`);
  await other.page.getByRole("heading", { name: "Only administrators come in here" }).waitFor();

  await logIn(visitor, "chef", "/admin");
  const search = page.getByRole("searchbox", { name: "Search users" });
  await search.fill("nobody at all");
  await page.getByText("Nobody is called “nobody at all”.").waitFor();
  await search.fill("lis");
  const options = page.getByRole("button", { name: "Options of lise" });
  await options.click();
  await page.getByRole("menuitem", { name: "Limits" }).click();
  await page.getByLabel("Tokens in a day").fill("5000");
  await page.getByRole("button", { name: "Save limits" }).click();
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await other.page.goto(`${KEYED}/settings?section=usage`);
  await other.page.getByText("5,000 of 5,000 left").waitFor();

  await options.click();
  await page.getByRole("menuitem", { name: "Make an administrator" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make an administrator" }).click();
  const row = page.getByRole("listitem").filter({ has: options });
  await row.getByText("Administrator").waitFor();
  await other.page.reload();
  await other.page.getByRole("link", { name: "People" }).waitFor();

  await options.click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await row.getByText("Disabled").waitFor();
  await other.page.reload();
  await other.page.getByRole("heading", { name: "Log in to Pluggably" }).waitFor();
  await other.leave();
  await options.click();
  await page.getByRole("menuitem", { name: "Enable" }).click();
  await expect.poll(() => row.getByText("Disabled").count()).toBe(0);

  await page.getByRole("link", { name: "Audit log" }).click();
  const deeds = page.getByRole("list", { name: "What was done" });
  await deeds.getByText("changed limits").first().waitFor();
  await page.getByRole("combobox", { name: "What", exact: true }).selectOption("changed limits");
  await expect.poll(() => deeds.getByText("changed an account").count()).toBe(0);
  await deeds.getByText("chef").first().waitFor();
  await deeds.locator("summary").first().click();
  await deeds.getByText("limits.changed").first().waitFor();
});

test("usage is drawn by day, model and user, with the same numbers as a table", async ({ visitor }) => {
  const { page } = visitor;
  await admin("otto");
  const program = await programOf("otto");
  for (const prompt of ["one", "two", "three"]) await program.generate({ model: "echo", prompt });
  const counted = async () => (await program.usage({ group_by: "day" })).total.requests;
  await expect.poll(counted, { timeout: 15_000 }).toBe(3);
  await logIn(visitor, "otto", "/settings?section=usage");
  await page.getByRole("img", { name: /^Requests by day: 3 in the last 30 days/ }).waitFor();
  await page.getByText("Show as a table").click();
  const days = page.getByRole("table", { name: "Requests by day" });
  expect(await days.getByRole("row").count()).toBe(31);
  expect(await days.getByRole("row").nth(1).getByRole("cell").innerText()).toBe("3");
  expect(await page.getByRole("table", { name: "Model" }).innerText()).toContain("echo");
  await page.goto(`${KEYED}/admin?section=usage`);
  await page.getByRole("button", { name: "Tokens" }).click();
  await page.getByRole("img", { name: /^Tokens by day/ }).waitFor();
  await page.getByRole("table", { name: "User" }).getByText("otto").waitFor();
  await page.getByRole("combobox", { name: "In the last" }).selectOption("7 days");
  await page.getByRole("img", { name: /in the last 7 days/ }).waitFor();
});

test("who fails to log in too often is told for how long to wait", async ({ visitor }) => {
  const { page } = visitor;
  await plain("vera");
  await logIn(visitor, "vera", "", "wrong");
  const button = page.getByRole("button", { name: /^Log in( \(|$)/ });
  for (let attempt = 0; attempt < 8; attempt++) {
    await page.getByRole("alert").waitFor();
    if (/\(\d+ s\)/.test(await button.innerText())) break;
    await button.click();
    await expect.poll(() => button.innerText()).toMatch(/^Log in( \(|$)/);
  }
  expect(await button.innerText()).toMatch(/\(\d+ s\)/);
  expect(await button.isDisabled()).toBe(true);
  expect(await page.getByRole("alert").innerText()).toMatch(/Possible again in \d+ s/);
  expect(await page.getByLabel("Email or user name").inputValue()).toBe("vera");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await expect.poll(() => button.isEnabled(), { timeout: 90_000 }).toBe(true);
  await button.click();
  await page.getByText("What shall we talk about?").waitFor();
});

test("a login that ends in mid-use is asked for again in place, and nothing typed is lost", async ({ visitor }) => {
  const { page } = visitor;
  await plain("emil");
  await plain("nora");
  await logIn(visitor, "emil");
  const next = `${PASSWORD} anew`;
  const message = page.getByRole("textbox", { name: "Message", exact: true });
  await visitor.choose("echo");
  await message.fill("Typed before the login ended");

  // A new password ends every other login.
  await (await programOf("emil")).changePassword({ current_password: PASSWORD, new_password: next });
  await page.getByRole("button", { name: "Send" }).click();
  const again = page.getByRole("dialog", { name: "Log in again" });
  await again.waitFor();
  await page.keyboard.press("Escape");
  expect(await again.isVisible()).toBe(true);
  expect(await again.getByLabel("Email or user name").inputValue()).toBe("emil");
  await again.getByLabel("Password", { exact: true }).fill("wrong");
  await again.getByRole("button", { name: "Log in", exact: true }).click();
  await again.getByRole("alert").waitFor();
  await again.getByLabel("Password", { exact: true }).fill(next);
  await again.getByRole("button", { name: "Log in", exact: true }).click();
  await expect.poll(() => again.count()).toBe(0);
  await page.getByRole("main").getByText("Typed before the login ended").first().waitFor();
  await page.getByRole("main").getByRole("button", { name: "Try again" }).click();
  await visitor.answered();
  await visitor.prompts.getByText("Typed before the login ended").waitFor();

  // On another page, and by somebody else: then nothing of the first one's stays.
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Profile" }).click();
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Emil of old");
  await (await programOf("emil", next)).changePassword({ current_password: next, new_password: PASSWORD });
  await page.getByRole("button", { name: "Save profile" }).click();
  await again.waitFor();
  expect(await name.inputValue()).toBe("Emil of old");
  await again.getByLabel("Email or user name").fill("nora");
  await again.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await again.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
  await expect.poll(() => name.inputValue()).toBe("");
  expect(await page.getByRole("link", { name: "Typed before the login ended" }).count()).toBe(0);
});

test("a wrong API key is refused with a reason; the right one lets in, and is forgotten at the way out", async ({
  visitor,
}) => {
  const { page } = visitor;
  await page.goto(KEYED);
  await page.getByRole("button", { name: "Use an API key" }).click();
  await page.getByLabel("API key").fill("pgk_wrong");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("alert").getByText("Check the name and the password, or the key.").waitFor();
  expect(await page.getByLabel("API key").inputValue()).toBe("pgk_wrong");
  await page.getByLabel("API key").fill(given("WEB_KEY"));
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByText("What shall we talk about?").waitFor();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Profile" }).click();
  await page.getByText("You are here as the operator").waitFor();
  await page.route("**/v1/users/logout", (route) => route.abort());
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("alert").getByText("your login goes on").waitFor();
  await page.unroute("**/v1/users/logout");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in to Pluggably" }).waitFor();
});

const SETTINGS = ["appearance", "profile", "credentials", "tokens", "usage", "connection"];
const ADMIN = ["users", "invites", "usage", "audit", "server"];
const EVERY = [
  ...SETTINGS.map((section) => `/settings?section=${section}`),
  ...ADMIN.map((section) => `/admin?section=${section}`),
];

test("axe finds no serious fault in any section, in either theme and at either size", async ({ browser }) => {
  for (const [options, colorScheme] of [
    [DESKTOP, "dark"],
    [PHONE, "light"],
  ] as const) {
    const guest = await Visitor.of(browser, { ...options, colorScheme });
    const { page } = guest;
    for (const path of [...EVERY, "/settings", "/admin", "/settings?section=credentials&provider=google"]) {
      await page.goto(LOCAL + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => page.getByText("Loading…").count()).toBe(0);
      expect(await guest.faults(), `${path}, ${colorScheme}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, path).toBeLessThanOrEqual(0);
    }
    await guest.leave();
  }
});

test("on a phone the sections are one list, and each leads back to it", async ({ browser }) => {
  const guest = await Visitor.of(browser, PHONE);
  const { page } = guest;
  await page.goto(`${LOCAL}/settings`);
  const list = page.getByRole("navigation", { name: "Settings" });
  await list.getByRole("link", { name: "API tokens" }).click();
  await page.getByRole("heading", { name: "API tokens" }).waitFor();
  expect(await list.isVisible()).toBe(false);
  await page.getByRole("main").getByRole("link", { name: "Settings" }).click();
  await list.getByRole("link", { name: "Profile" }).waitFor();
  expect(await page.getByRole("heading", { name: "API tokens" }).isVisible()).toBe(false);
  await guest.leave();
});

test("at 200 % zoom nothing of a section is cut off", async ({ browser }) => {
  const guest = await Visitor.of(browser, { viewport: { width: 640, height: 400 } });
  for (const path of EVERY) {
    await guest.page.goto(LOCAL + path);
    await guest.page.getByRole("heading", { level: 2 }).first().waitFor();
    await expect.poll(() => guest.page.getByText("Loading…").count()).toBe(0);
    const cut = await guest.page.evaluate(() =>
      [...document.querySelectorAll("main button, main input, main select, main h2")]
        .map((element) => element.getBoundingClientRect())
        .filter(({ left, right, width }) => width > 0 && (left < 0 || right > innerWidth)),
    );
    expect(cut, path).toEqual([]);
  }
  await guest.leave();
});

test("the keyboard alone makes a token and revokes it, and the focus comes back", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/settings?section=tokens`);
  await page.getByText(/In local mode programs on this machine need no token/).waitFor();
  const open = page.getByRole("button", { name: "New token" });
  await open.focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your new token" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => open.evaluate((element) => element === document.activeElement)).toBe(true);
  const revoke = page.getByRole("button", { name: "Revoke by keyboard" });
  await revoke.focus();
  await page.keyboard.press("Enter");
  const asked = page.getByRole("dialog", { name: "Revoke “by keyboard”?" });
  await asked.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => revoke.count()).toBe(0);
});
