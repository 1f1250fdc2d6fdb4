import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { pageBase, subscribe } from "../common/connection";
import { applyTheme } from "../common/theme";
import { needsLogin } from "../features/account/api";
import { router } from "./router";
import "./styles.css";

applyTheme();

const queries = new QueryClient({
  defaultOptions: {
    // The client repeats what is worth repeating.
    queries: { retry: false, staleTime: 5000, throwOnError: false },
  },
  queryCache: new QueryCache({
    onError: (error, query) => {
      // A login that has ended shows everywhere at once.
      if (needsLogin(error) && query.queryKey[0] !== "me") void queries.invalidateQueries({ queryKey: ["me"] });
    },
  }),
});
subscribe(() => queries.clear());

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
