import { expect, test } from "vitest";
import { choiceIn, followed, layoutOf } from "./layout";

const AUTO = { mode: "auto", layout: "chat" } as const;

test("left to itself the layout follows the page and the device", () => {
  expect(layoutOf(AUTO, "chat", false)).toBe("chat");
  expect(layoutOf(AUTO, "studio", false)).toBe("studio");
  expect(layoutOf(AUTO, "studio", true)).toBe("compact");
});

test("what somebody chose holds on every device", () => {
  expect(layoutOf({ mode: "manual", layout: "studio" }, "chat", true)).toBe("studio");
  expect(layoutOf({ mode: "locked", layout: "chat" }, "chat", true)).toBe("chat");
  expect(layoutOf({ mode: "locked", layout: "compact" }, "chat", false)).toBe("compact");
});

test("a model moves the page, has the move offered, or neither", () => {
  expect(followed(AUTO, "chat", "image")).toBe("moves");
  expect(followed(AUTO, "studio", "text")).toBe("moves");
  expect(followed(AUTO, "studio", "3d")).toBe("stays");
  expect(followed({ mode: "manual", layout: "chat" }, "chat", "3d")).toBe("offers");
  expect(followed({ mode: "locked", layout: "chat" }, "chat", "image")).toBe("stays");
});

test("a choice that can't be understood is none", () => {
  expect(choiceIn(null)).toEqual(AUTO);
  expect(choiceIn({ mode: "manual", layout: "cinema" })).toEqual({ mode: "manual", layout: "chat" });
});
