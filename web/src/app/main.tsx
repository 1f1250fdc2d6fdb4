import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connection, pageBase, subscribe } from "../common/connection";
import { applyTheme } from "../common/theme";
import { onRefusal } from "../common/trouble";
import { router } from "./router";
import "./styles.css";

applyTheme();

const queries = new QueryClient({
  defaultOptions: {
    // The client repeats what is worth repeating. A call that can't succeed shall fail, and not wait to be online.
    queries: { retry: false, staleTime: 5000, throwOnError: false, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});
// A login that has ended shows everywhere at once.
onRefusal(() => void queries.invalidateQueries({ queryKey: ["me"] }));
let { address } = connection();
subscribe(() => {
  if (connection().address === address) return;
  address = connection().address;
  queries.clear();
});

const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register(`${pageBase}/sw.js`, { scope: `${pageBase}/` }).catch(() => undefined);
}
