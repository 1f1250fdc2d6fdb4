import { expect } from "vitest";
import { test as base, given, type Visitor } from "./page.ts";
import { type Ailment, FaultyProxy, isApi } from "./proxy.ts";

const LOCAL = given("WEB_LOCAL");

/** A test with something between its visitor and the gateway that can go wrong. */
const test = base.extend<{ proxy: FaultyProxy }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what the fixture needs
  proxy: async ({}, use) => {
    const proxy = await FaultyProxy.before(LOCAL);
    await use(proxy);
    await proxy.stop();
  },
});

/** Every page, with something on it that comes from the gateway. */
const PAGES = [
  { path: "/studio", shows: /Nothing here yet/ },
  { path: "/models", shows: /echo/ },
  { path: "/activity", shows: "Nothing of yours is running or waiting." },
  { path: "/settings?section=profile", shows: "Save models" },
  { path: "/settings?section=credentials", shows: "Anthropic" },
  { path: "/settings?section=tokens", shows: /None yet/ },
  { path: "/settings?section=usage", shows: "Nothing limits you." },
  { path: "/admin?section=users", shows: "operator" },
  { path: "/admin?section=invites", shows: /None yet/ },
  { path: "/admin?section=usage", shows: /in 30 days/ },
  { path: "/admin?section=audit", shows: /Nothing has been changed|stored|made a/ },
  { path: "/admin?section=server", shows: "In order" },
] as const;

const SAID: readonly [Ailment, string, string][] = [
  ["cut", "The gateway can't be reached.", "No connection to the gateway."],
  ["502", "Something else than the gateway has answered (502).", "Something answers in the gateway's place."],
];

/** The banner above every page. */
const banner = ({ page }: Visitor) =>
  page.getByRole("status").filter({ has: page.getByRole("button", { name: /Try now|Trying/ }) });

for (const [ailment, title, said] of SAID) {
  test(`on every page, a gateway that answers with “${ailment}” is told of, and the page mends itself`, async ({
    visitor,
    proxy,
  }) => {
    const { page } = visitor;
    // Who is inside stays inside: what each page asks for itself goes wrong.
    proxy.ails = (path) => isApi(path) && !path.startsWith("/v1/users/me?") && path !== "/v1/users/me";
    for (const { path, shows } of PAGES) {
      proxy.ailment = ailment;
      await page.goto(proxy.url + path);
      const notice = page.getByRole("main").getByRole("alert").first();
      await notice.getByText(title).waitFor();
      expect(await notice.innerText(), path).toMatch(/Check that it is running|Try again in a moment/);
      await notice.getByRole("button", { name: "Try again" }).waitFor();
      await banner(visitor).getByText(said).waitFor();
      proxy.ailment = null;
      if (ailment !== "cut") await banner(visitor).getByRole("button", { name: "Try now" }).click();
      await page.getByRole("main").getByText(shows).filter({ visible: true }).first().waitFor();
      await expect.poll(() => page.getByRole("main").getByRole("alert").count(), { message: path }).toBe(0);
      await expect.poll(() => banner(visitor).count(), { message: path }).toBe(0);
    }
  });
}

test("whatever goes wrong, the chat says so, keeps the message and sends it at the next attempt", async ({
  visitor,
  proxy,
}) => {
  const { page } = visitor;
  await page.goto(proxy.url);
  await visitor.choose("echo");
  for (const [ailment, title] of [
    ["cut", "The gateway can't be reached."],
    ["500", "Something else than the gateway has answered (500)."],
    ["503", "Something else than the gateway has answered (503)."],
    ["page", "Something else than the gateway has answered."],
  ] as const) {
    await page.getByRole("link", { name: "New chat" }).first().click();
    proxy.ailment = ailment;
    await visitor.send(`Not to be lost with ${ailment}`);
    const notice = page.getByRole("main").getByRole("alert");
    await notice.getByText(title).waitFor();
    await page.getByRole("main").getByText(`Not to be lost with ${ailment}`).first().waitFor();
    proxy.ailment = null;
    await notice.getByRole("button", { name: "Try again" }).click();
    await visitor.answered();
    await visitor.prompts.last().getByText(`Not to be lost with ${ailment}`).waitFor();
  }
});

test("a gateway that is slow is waited for, and the page says so", async ({ visitor, proxy }) => {
  const { page } = visitor;
  await page.goto(`${proxy.url}/settings?section=appearance`);
  await page.getByRole("heading", { name: "Theme" }).waitFor();
  proxy.ailment = { delayMs: 11_000 };
  await page.getByRole("link", { name: "API tokens" }).click();
  await page.getByText("The gateway is slow to answer.").waitFor();
  await page.getByText(/None yet/).waitFor();
  await expect.poll(() => page.getByText("The gateway is slow to answer.").count()).toBe(0);
});

test("a gateway that is slow from the first is waited for, and the page says so", async ({ visitor, proxy }) => {
  const { page } = visitor;
  proxy.ailment = { delayMs: 10_000 };
  await page.goto(proxy.url);
  await page.getByText("The gateway is slow to answer. Still waiting…").waitFor();
  await page.getByText("What shall we talk about?").waitFor();
});

test("the page opens while the gateway is gone, says so, and goes on by itself when it is back", async ({
  visitor,
  proxy,
}) => {
  const { page } = visitor;
  await page.goto(proxy.url);
  await page.getByText("What shall we talk about?").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload(); // through the service worker, which keeps the page's files
  await page.getByText("What shall we talk about?").waitFor();
  await proxy.stop();
  await page.reload();
  await page.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
  await banner(visitor).getByText("No connection to the gateway.").waitFor();
  await proxy.start();
  await page.getByText("What shall we talk about?").waitFor();
  expect(await banner(visitor).count()).toBe(0);
});

test("a page whose script can't be fetched says so, and is there when the gateway is back", async ({
  visitor,
  proxy,
}) => {
  const { page } = visitor;
  await page.goto(proxy.url);
  await page.getByText("What shall we talk about?").waitFor();
  proxy.ails = (path) => path.includes("/assets/settings");
  proxy.ailment = "cut";
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "This page could not be loaded." }).waitFor();
  proxy.ailment = null;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
});

test("nothing that was typed into a form is lost when it can't be sent", async ({ visitor, proxy }) => {
  const { page } = visitor;
  const lost = async (button: string, typed: () => Promise<string>, value: string, after: () => Promise<void>) => {
    proxy.ailment = "cut";
    const form = page.locator("form").filter({ has: page.getByRole("button", { name: button }) });
    await form.getByRole("button", { name: button }).click();
    await form.getByRole("alert").getByText("The gateway can't be reached.").waitFor();
    await banner(visitor).waitFor();
    expect(await typed()).toBe(value);
    proxy.ailment = null;
    await form.getByRole("button", { name: button }).click();
    await after();
  };

  await page.goto(`${proxy.url}/settings?section=profile`);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Ada L.");
  await lost(
    "Save profile",
    () => name.inputValue(),
    "Ada L.",
    () => page.getByText("Saved").waitFor(),
  );

  await page.goto(`${proxy.url}/settings?section=credentials&provider=anthropic`);
  const key = page.getByLabel("API key", { exact: true }).and(page.locator("input[type=password]"));
  await key.fill("sk-ant-not-to-be-lost");
  await lost(
    "Store",
    () => key.inputValue(),
    "sk-ant-not-to-be-lost",
    () => page.getByRole("button", { name: "Remove the key for Anthropic" }).waitFor(),
  );

  await page.goto(`${proxy.url}/settings?section=tokens`);
  await page.getByRole("button", { name: "New token" }).click();
  const token = page.getByLabel("Name", { exact: true });
  await token.fill("not to be lost");
  await lost(
    "Make token",
    () => token.inputValue(),
    "not to be lost",
    () => page.getByRole("heading", { name: "Your new token" }).waitFor(),
  );

  await page.goto(`${proxy.url}/admin?section=invites`);
  const email = page.getByLabel("Email", { exact: true });
  await email.fill("grace@example.org");
  await lost(
    "Make a link",
    () => email.inputValue(),
    "grace@example.org",
    () => page.getByText(/register\?invite=pgi_/).waitFor(),
  );
});
