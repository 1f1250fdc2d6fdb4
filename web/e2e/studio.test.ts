import { readFileSync } from "node:fs";
import type { Download, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { DESKTOP, given, launch, PHONE, test, Visitor } from "./page.ts";

const LOCAL = given("WEB_LOCAL");
const KEYED = given("WEB_KEYED");
/** Without motion: a mesh that turns by itself keeps a slow machine busy. */
const CALM = { reducedMotion: "reduce" } as const;
const SLOW = { timeout: 100_000 };

type Parameters = Record<string, unknown>;

/** Have something made by the API alone. */
async function made(page: Page, model: string, prompt: string, parameters: Parameters = {}): Promise<void> {
  const small = model === "scene-image" ? { width: 96, height: 64 } : {};
  const body = { model, input: { prompt }, parameters: { ...small, ...parameters }, keep: true };
  const reply = await page.request.post(`${LOCAL}/v1/generate`, { data: body });
  expect(reply.status()).toBe(200);
}

async function generate(page: Page, prompt: string, what: "Image" | "3D" = "Image"): Promise<void> {
  await page.getByRole("radio", { name: what }).check({ force: true });
  await page.getByRole("textbox", { name: "Prompt" }).fill(prompt);
  await page.getByRole("button", { name: "Generate" }).click();
}

function card(page: Page, prompt: string): Locator {
  return page.getByRole("button", { name: new RegExp(`^Open(?: 3D)?: ${prompt}`) }).first();
}

/** Something that takes some seconds to be made. */
async function generateSlowly(visitor: Visitor, prompt: string): Promise<void> {
  const { page } = visitor;
  await visitor.choose("scene-image");
  for (const name of ["Width", "Height"])
    await page.getByRole("textbox", { name: `${name}, as a number` }).fill("2048");
  await page.getByRole("textbox", { name: "Count, as a number" }).fill("4");
  await generate(page, prompt);
}

async function open(page: Page, prompt: string): Promise<Locator> {
  await card(page, prompt).click();
  const box = page.getByRole("dialog", { name: prompt });
  await box.waitFor();
  return box;
}

async function download(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const begun: Promise<Download> = page.waitForEvent("download");
  await button.click();
  const saved = await begun;
  return { name: saved.suggestedFilename(), bytes: readFileSync(await saved.path()) };
}

/** Whether a picture has come and can be seen. */
async function isSeen(picture: Locator): Promise<boolean> {
  return picture.evaluate((element) => element instanceof HTMLImageElement && element.naturalWidth > 0);
}

/** From where a mesh is seen. */
function viewOf(viewer: Locator): Promise<string | null> {
  return viewer.getAttribute("data-view");
}

test("TEST-MAN-006: images are made, stand in a gallery and are downloaded", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(LOCAL);
  await page.getByRole("link", { name: "Studio" }).click();
  await page.getByRole("heading", { name: "Studio" }).waitFor();
  await visitor.choose("scene-image");
  await generate(page, "a red cube on a blue table");
  await card(page, "a red cube on a blue table").waitFor(SLOW);
  await generate(page, "two green spheres");
  await card(page, "two green spheres").waitFor(SLOW);
  const gallery = page.getByRole("list", { name: "Images and meshes" });
  for (const name of ["two green spheres", "a red cube on a blue table"]) {
    await expect.poll(() => isSeen(gallery.getByRole("img", { name, includeHidden: true }).first())).toBe(true);
  }
  expect(await gallery.getByRole("button").first().getAttribute("aria-label")).toBe("Open: two green spheres");
  const box = await open(page, "a red cube on a blue table");
  const { name, bytes } = await download(page, box.getByRole("button", { name: /^Download PNG/ }));
  expect(name).toMatch(/^art_\w+\.png$/);
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
});

test("TEST-MAN-007: a mesh is made, turned in the 3D viewer and downloaded in four formats", async ({ browser }) => {
  const guest = await Visitor.of(browser, { ...DESKTOP, ...CALM });
  const { page } = guest;
  await page.goto(`${LOCAL}/studio`);
  await generate(page, "a small wooden boat", "3D");
  await card(page, "a small wooden boat").waitFor(SLOW);
  const box = await open(page, "a small wooden boat");
  const viewer = box.getByRole("application");
  await box.getByText(/^\d+ triangles$/).waitFor(SLOW);
  await expect.poll(() => viewOf(viewer), SLOW).not.toBeNull();
  const first = await viewOf(viewer);
  const seen = await viewer.screenshot();

  await viewer.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => viewOf(viewer)).not.toBe(first);
  const turned = await viewOf(viewer);
  const area = await viewer.boundingBox();
  if (area === null) throw new Error("The viewer is not to be seen.");
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width / 2 + 90, area.y + area.height / 2 + 30, { steps: 3 });
  await page.mouse.up();
  await expect.poll(() => viewOf(viewer)).not.toBe(turned);
  await expect.poll(async () => (await viewer.screenshot()).equals(seen)).toBe(false);
  await page.mouse.wheel(0, -300);
  await viewer.focus();
  await page.keyboard.press("+");
  const distance = async () => Number((await viewOf(viewer))?.split(" ")[2]);
  await expect.poll(distance).toBeLessThan(Number(first?.split(" ")[2]));
  const wireframe = box.getByRole("button", { name: "Wireframe" });
  await wireframe.click();
  expect(await wireframe.getAttribute("aria-pressed")).toBe("true");
  await box.getByRole("button", { name: "Reset the view" }).click();
  await expect.poll(() => viewOf(viewer)).toBe(first);

  const begins = { GLB: "glTF", OBJ: "", STL: "", PLY: "ply" };
  for (const [format, begin] of Object.entries(begins)) {
    const { name, bytes } = await download(page, box.getByRole("button", { name: `Download ${format}` }));
    expect(name).toMatch(new RegExp(`^art_\\w+\\.${format.toLowerCase()}$`));
    expect(bytes.length).toBeGreaterThan(100);
    expect(bytes.toString("latin1").startsWith(begin)).toBe(true);
  }
  await guest.leave();
});

test("what is under way shows how far it is, and is picked up again after a reload", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await generateSlowly(visitor, "a castle and five trees");
  const progress = page.getByRole("progressbar", { name: "a castle and five trees" });
  await progress.waitFor();
  await expect.poll(() => progress.getAttribute("aria-valuetext")).toMatch(/%, step \d of \d/);
  await page.reload();
  await progress.waitFor();
  await card(page, "a castle and five trees").waitFor(SLOW);
  await expect.poll(() => progress.count()).toBe(0);
  await expect.poll(() => page.getByRole("button", { name: "Open: a castle and five trees" }).count()).toBe(4);
  await page.getByRole("status").getByText("Finished: a castle and five trees").waitFor();
});

test("what was ordered elsewhere is shown while it is under way", async ({ visitor, browser }) => {
  const { page } = visitor;
  const other = await Visitor.of(browser);
  await other.page.goto(`${LOCAL}/studio`);
  await generateSlowly(other, "three houses");
  await other.page.getByRole("progressbar").waitFor();
  await page.goto(`${LOCAL}/studio`);
  await page.getByRole("progressbar", { name: "An image that was ordered elsewhere" }).waitFor();
  await card(page, "three houses").waitFor(SLOW);
  await other.leave();
});

test("a generation is cancelled, and nothing comes of it", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await generateSlowly(visitor, "a tower that is not wanted");
  await page.getByRole("button", { name: "Cancel: a tower that is not wanted" }).click();
  const progress = page.getByRole("progressbar", { name: "a tower that is not wanted" });
  await expect.poll(() => progress.count(), SLOW).toBe(0);
  expect(await card(page, "a tower that is not wanted").count()).toBe(0);
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("a failure stays with its reason, also after a reload, and is tried again", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await page.getByRole("list", { name: "Images and meshes" }).waitFor();
  await page.route("**/v1/generate", (route) => route.abort());
  await generate(page, "a blue vase");
  const failed = page.getByRole("listitem", { name: "Failed: a blue vase" });
  await failed.getByText("The gateway can't be reached.").waitFor();
  expect(await page.getByRole("textbox", { name: "Prompt" }).inputValue()).toBe("a blue vase");
  await page.unroute("**/v1/generate");
  await page.reload();
  await failed.getByRole("button", { name: "Try again" }).click();
  await card(page, "a blue vase").waitFor(SLOW);
  await expect.poll(() => failed.count()).toBe(0);
});

test("an order that the gateway refuses says why, and is dismissed", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await page.getByRole("button", { name: "Attach an image" }).click();
  await page.getByRole("menuitem", { name: "Image from an address" }).click();
  await page.getByRole("textbox", { name: "Address of the image" }).fill("http://169.254.1.1/cat.png");
  await page.getByRole("button", { name: "Attach", exact: true }).click();
  await generate(page, "a cat");
  const failed = page.getByRole("listitem", { name: "Failed: a cat" });
  await failed.getByText(/169\.254\.1\.1 has no public address/).waitFor();
  await failed.getByRole("button", { name: "Dismiss" }).click();
  await expect.poll(() => failed.count()).toBe(0);
});

test("the parameters of an image are used again, and the image itself is gone on from", async ({ visitor }) => {
  const { page, context } = visitor;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-image", "a silver robot", { seed: 41 });
  await page.reload();
  let box = await open(page, "a silver robot");
  await box.getByRole("button", { name: "Copy prompt" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("a silver robot");
  await box.getByRole("button", { name: "Use these parameters again" }).click();
  expect(await page.getByRole("textbox", { name: "Prompt" }).inputValue()).toBe("a silver robot");
  await page.getByRole("button", { name: "Model: scene-image" }).waitFor();
  expect(await page.getByRole("textbox", { name: /^Seed/ }).inputValue()).toBe("41");
  expect(
    await page.getByRole("textbox", { name: "Prompt" }).evaluate((field) => field === document.activeElement),
  ).toBe(true);

  box = await open(page, "a silver robot");
  await box.getByRole("button", { name: "Use as input" }).click();
  const attached = page.getByRole("list", { name: "Attached images" }).getByRole("img");
  await expect.poll(() => isSeen(attached)).toBe(true);
  const sent = page.waitForRequest((request) => request.url().endsWith("/v1/generate"));
  await generate(page, "a golden star before it");
  const { input } = (await sent).postDataJSON();
  expect(input.images).toEqual([expect.stringMatching(/^artifact:art_/)]);
  await card(page, "a golden star before it").waitFor(SLOW);
});

test("deleting asks first, and what is deleted is gone", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-image", "a pine to be felled");
  await page.reload();
  const box = await open(page, "a pine to be felled");
  await box.getByRole("button", { name: "Delete" }).click();
  const asked = page.getByRole("dialog", { name: "Delete this image?" });
  await asked.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => asked.count()).toBe(0);
  await box.getByRole("button", { name: "Delete" }).click();
  await asked.getByRole("button", { name: "Delete" }).click();
  await expect.poll(() => card(page, "a pine to be felled").count()).toBe(0);
  await page.reload();
  await page.getByRole("list", { name: "Images and meshes" }).getByRole("button").first().waitFor();
  expect(await card(page, "a pine to be felled").count()).toBe(0);
});

test("the gallery shows images or meshes alone, and goes on as far as one scrolls", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-3d", "a lonely cone");
  for (let four = 0; four < 7; four++) await made(page, "scene-image", "one of many", { count: 4 });
  await page.reload();
  const many = page.getByRole("button", { name: "Open: one of many" });
  await expect.poll(() => many.count()).toBeGreaterThan(20);
  await many.last().scrollIntoViewIfNeeded();
  await expect.poll(() => many.count()).toBe(28);
  const filter = page.getByRole("group", { name: "Show" });
  await filter.getByRole("button", { name: "3D" }).click();
  await card(page, "a lonely cone").waitFor();
  await expect.poll(() => many.count()).toBe(0);
  await filter.getByRole("button", { name: "Images" }).click();
  await many.first().waitFor();
  expect(await card(page, "a lonely cone").count()).toBe(0);
});

test("the keyboard alone makes an image, leafs through the gallery and comes back to it", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-image", "an older picture");
  await page.reload();
  await card(page, "an older picture").waitFor();
  await page.getByRole("textbox", { name: "Prompt" }).focus();
  await page.keyboard.type("by keyboard a cube");
  await page.keyboard.press("Enter");
  await card(page, "by keyboard a cube").waitFor(SLOW);
  await card(page, "by keyboard a cube").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "by keyboard a cube" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("dialog", { name: "an older picture" }).waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("dialog", { name: "by keyboard a cube" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
    .toBe("Open: an older picture");
});

test("without WebGL the viewer says so, and the mesh can be downloaded all the same", async () => {
  const old = await launch("--disable-3d-apis");
  const guest = await Visitor.of(old);
  const { page } = guest;
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-3d", "a flat world");
  await page.reload();
  const box = await open(page, "a flat world");
  await box.getByRole("alert").getByText("This browser can't show 3D here").waitFor();
  const { bytes } = await download(page, box.getByRole("button", { name: "Download GLB" }));
  expect(bytes.subarray(0, 4).toString()).toBe("glTF");
  await guest.leave();
  await old.close();
});

test("a mesh turns by itself, but not for whoever wants less motion", async ({ browser, visitor }) => {
  const { page } = visitor;
  await page.goto(`${LOCAL}/studio`);
  await made(page, "scene-3d", "a restless torus");
  await page.reload();
  let box = await open(page, "a restless torus");
  await box.getByText(/^\d+ triangles$/).waitFor(SLOW);
  const turns = (shown: Locator) =>
    shown.getByRole("button", { name: "Turn by itself" }).getAttribute("aria-pressed");
  expect(await turns(box)).toBe("true");
  const first = await viewOf(box.getByRole("application"));
  await expect.poll(() => viewOf(box.getByRole("application")), SLOW).not.toBe(first);
  const guest = await Visitor.of(browser, { ...DESKTOP, ...CALM });
  await guest.page.goto(`${LOCAL}/studio`);
  box = await open(guest.page, "a restless torus");
  await box.getByText(/^\d+ triangles$/).waitFor(SLOW);
  expect(await turns(box)).toBe("false");
  await guest.leave();
});

test("in a chat, pictures and meshes open in the same viewer", async ({ browser }) => {
  const guest = await Visitor.of(browser, { ...DESKTOP, ...CALM });
  const { page } = guest;
  const session = await (await page.request.post(`${LOCAL}/v1/sessions`, { data: {} })).json();
  const say = async (model: string, prompt: string) => {
    const body = { model, input: { prompt } };
    const reply = await page.request.post(`${LOCAL}/v1/sessions/${session.id}/generate`, { data: body });
    expect(reply.status()).toBe(200);
  };
  await say("scene-image", "a white mug");
  await say("scene-3d", "a green bottle");
  await page.goto(`${LOCAL}/chat/${session.id}`);
  const picture = guest.answers.first().getByRole("button", { name: "Open: a white mug" });
  await expect.poll(() => isSeen(picture.locator("img"))).toBe(true);
  await picture.click();
  const box = page.getByRole("dialog", { name: "a white mug" });
  const { bytes } = await download(page, box.getByRole("button", { name: /^Download PNG/ }));
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  await page.keyboard.press("Escape");
  expect(await picture.evaluate((button) => button === document.activeElement)).toBe(true);
  await guest.answers.last().getByRole("button", { name: "Open 3D: a green bottle" }).click();
  await page
    .getByRole("dialog")
    .getByText(/^\d+ triangles$/)
    .waitFor(SLOW);
  await guest.leave();
});

test("hosted elsewhere with a key, pictures and meshes are shown as well", async ({ browser }) => {
  const guest = await Visitor.of(browser, { ...DESKTOP, ...CALM });
  const { page } = guest;
  await page.goto(given("WEB_ELSEWHERE"));
  await page.getByRole("textbox", { name: "Address of the API" }).fill(KEYED);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Use an API key" }).click();
  await page.getByLabel("API key").fill(given("WEB_KEY"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "Studio" }).click();
  for (const [prompt, what] of [
    ["a far cube", "Image"],
    ["a far boat", "3D"],
  ] as const) {
    await generate(page, prompt, what);
    await card(page, prompt).waitFor(SLOW);
    const picture = card(page, prompt).locator("img");
    await expect.poll(() => isSeen(picture)).toBe(true);
    expect(await picture.getAttribute("src")).toMatch(/^blob:/);
  }
  const box = await open(page, "a far boat");
  await box.getByText(/^\d+ triangles$/).waitFor(SLOW);
  await guest.leave();
});

test("axe finds no serious fault in the studio, in either theme and at either size", async ({ browser }) => {
  for (const size of [DESKTOP, PHONE]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const guest = await Visitor.of(browser, { ...size, ...CALM, colorScheme });
      const { page } = guest;
      await page.goto(`${LOCAL}/studio`);
      await made(page, "scene-image", "a fair picture");
      await made(page, "scene-3d", "a fair mesh");
      await page.route("**/v1/generate", (route) => route.abort());
      await page.reload();
      await guest.choose("scene-image");
      await generate(page, "what fails");
      await page.getByRole("listitem", { name: "Failed: what fails" }).waitFor();
      await card(page, "a fair picture").waitFor();
      expect(await guest.faults()).toEqual([]);
      await open(page, "a fair picture");
      expect(await guest.faults()).toEqual([]);
      await page.keyboard.press("Escape");
      const box = await open(page, "a fair mesh");
      await box.getByText(/^\d+ triangles$/).waitFor(SLOW);
      expect(await guest.faults()).toEqual([]);
      await guest.leave();
    }
  }
});

test("on a phone and at 200 % nothing of the studio is wider than the screen", async ({ browser }) => {
  for (const size of [PHONE, { viewport: { width: 640, height: 400 } }]) {
    const guest = await Visitor.of(browser, { ...size, ...CALM });
    const { page } = guest;
    await page.goto(`${LOCAL}/studio`);
    const long = `a cube ${"x".repeat(90)}`;
    await made(page, "scene-image", long);
    await page.reload();
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    await card(page, long).waitFor();
    expect(await fits()).toBe(true);
    const box = await open(page, long);
    expect(await fits()).toBe(true);
    for (const name of ["Close", "Use as input", "Delete"]) {
      const button = box.getByRole("button", { name });
      await button.scrollIntoViewIfNeeded();
      expect(await button.isVisible()).toBe(true);
    }
    await guest.leave();
  }
});
