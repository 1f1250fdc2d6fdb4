import { apiError, type Call, ConnectionError, TimeoutError, UnexpectedReplyError } from "@pluggably/client";
import { expect, test } from "vitest";
import { faultOf, follow, onRefusal, trouble } from "./trouble";

async function ends(ended: Promise<unknown>, path = "/v1/models"): Promise<void> {
  const call: Call = { method: "get", path, kind: "read", ended };
  follow(call);
  await ended.catch(() => undefined);
  await Promise.resolve();
}

const envelope = (code: string) => ({ error: { code, type: "x", message: "No." } });

test("each error tells whether the gateway is there", () => {
  expect(faultOf(new TimeoutError("late"))).toBe("mute");
  expect(faultOf(new ConnectionError("gone"))).toBe("away");
  expect(faultOf(new UnexpectedReplyError("a page"))).toBe("failing");
  expect(faultOf(apiError(undefined, 502))).toBe("failing");
  expect(faultOf(apiError(envelope("internal_error"), 500))).toBe(null);
  expect(faultOf(apiError(undefined, 404))).toBe(null);
  expect(faultOf(new DOMException("left", "AbortError"))).toBe(undefined);
});

test("a fault lasts until something is answered", async () => {
  await ends(Promise.reject(new ConnectionError("gone")));
  expect(trouble()).toBe("away");
  await ends(Promise.reject(new DOMException("left", "AbortError")));
  expect(trouble()).toBe("away");
  await ends(Promise.resolve({}));
  expect(trouble()).toBe(null);
});

test("a refused call tells that the login has ended, one that logs in does not", async () => {
  let told = 0;
  const forget = onRefusal(() => told++);
  await ends(Promise.reject(apiError(envelope("invalid_credentials"), 401)), "/v1/users/login");
  expect(told).toBe(0);
  await ends(Promise.reject(apiError(envelope("authentication_required"), 401)));
  expect(told).toBe(1);
  forget();
});
