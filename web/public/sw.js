// Keeps the page's own files, so that it opens while the gateway is gone. Answers of the API are never kept.
const CACHE = "pluggably-shell-1";
const SCOPE = new URL(self.registration.scope);
// Asked for as a browser does that wants to show it: anything else gets an answer of the API.
const INDEX = () => new Request(SCOPE.href, { headers: { Accept: "text/html" } });

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then(keepShell)
      .then(() => self.skipWaiting()),
  );
});

/** The page and the files that it names: what it needs to open. */
async function keepShell(cache) {
  const reply = await fetch(INDEX(), { cache: "no-cache" });
  if (!reply.ok) throw new Error(`The page answered ${reply.status}.`);
  const names = [...(await reply.clone().text()).matchAll(/(?:src|href)="([^"]*assets\/[^"]+)"/g)];
  await cache.addAll(names.map(([, name]) => new URL(name, SCOPE).href));
  await cache.put(INDEX(), reply);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== SCOPE.origin || !url.pathname.startsWith(SCOPE.pathname)) return;
  const path = url.pathname.slice(SCOPE.pathname.length);
  if (path.startsWith("assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && !/^(v1|docs|openapi\.json|metrics|health|ready)(\/|$)/.test(path)) {
    event.respondWith(page(request));
  }
});

/** A file whose name changes with its content: one that is kept stays right. */
async function asset(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const reply = await fetch(request);
  if (reply.ok) await cache.put(request, reply.clone());
  return reply;
}

/** The page as the gateway has it; the one that is kept where the gateway can't be reached. */
async function page(request) {
  const cache = await caches.open(CACHE);
  try {
    const reply = await fetch(request);
    if (reply.ok) {
      const text = await reply.clone().text();
      await cache.put(INDEX(), reply.clone());
      await forgetOthers(cache, text);
    }
    // The page that is kept says better what is wrong than a proxy's error does.
    return reply.status < 500 ? reply : ((await cache.match(INDEX(), { ignoreVary: true })) ?? reply);
  } catch {
    return (await cache.match(INDEX(), { ignoreVary: true })) ?? Response.error();
  }
}

/** Files of an older build go when the page that named them goes. */
async function forgetOthers(cache, text) {
  const entry = /assets\/index-[^"]+\.js/.exec(text)?.[0];
  const keys = await cache.keys();
  if (entry === undefined || keys.some((key) => key.url.endsWith(entry))) return;
  for (const key of keys) if (key.url.includes("/assets/")) await cache.delete(key);
}
