import { expect, test } from "vitest";
import { formsOf } from "./forms";

const key = { title: "API key", type: "string", pattern: "^[!-~]+$", maxLength: 8192, writeOnly: true };

test("each kind of credential becomes a form with the fields that its schema names", () => {
  const forms = formsOf({
    anyOf: [
      {
        title: "Endpoint and API key",
        properties: {
          credential_type: { const: "endpoint_key" },
          endpoint: { title: "Endpoint", type: "string", format: "uri" },
          api_key: key,
        },
        required: ["credential_type", "api_key", "endpoint"],
      },
      {
        title: "Service account (JSON key)",
        properties: {
          credential_type: { const: "service_account" },
          service_account_json: { title: "JSON key", anyOf: [{ type: "object" }, { type: "string" }] },
        },
        required: ["credential_type"],
      },
    ],
  });
  expect(forms.map(({ type, title }) => [type, title])).toEqual([
    ["endpoint_key", "Endpoint and API key"],
    ["service_account", "Service account (JSON key)"],
  ]);
  expect(forms[0]?.fields).toEqual([
    {
      name: "endpoint",
      title: "Endpoint",
      kind: "address",
      required: true,
      pattern: undefined,
      maxLength: undefined,
    },
    { name: "api_key", title: "API key", kind: "secret", required: true, pattern: "^[!-~]+$", maxLength: 8192 },
  ]);
  expect(forms[1]?.fields.map(({ kind, required }) => [kind, required])).toEqual([["document", false]]);
});

test("a provider that takes no credential has no form", () => {
  expect(formsOf({ type: "object", maxProperties: 0 })).toEqual([]);
  expect(formsOf(undefined)).toEqual([]);
});
