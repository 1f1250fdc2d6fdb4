import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { pageBase } from "../common/connection";
import { searchIn } from "../features/downloads/search";
import { filtersIn } from "../features/models/filters";
import { ChatPage } from "../routes/chat";
import { NotFoundPage } from "../routes/notFound";
import { RegisterPage } from "../routes/register";
import { Gate } from "./Gate";
import { PageProblem } from "./PageProblem";

const SettingsPage = lazyRouteComponent(() => import("../routes/settings"), "SettingsPage");
const AdminPage = lazyRouteComponent(() => import("../routes/admin"), "AdminPage");

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });
const house = createRoute({ getParentRoute: () => root, id: "house", component: Gate });
const index = createRoute({ getParentRoute: () => house, path: "/", component: ChatPage });
const chat = createRoute({ getParentRoute: () => house, path: "/chat/$sessionId", component: ChatPage });
const StudioPage = lazyRouteComponent(() => import("../routes/studio"), "StudioPage");
const studio = createRoute({ getParentRoute: () => house, path: "/studio", component: StudioPage });
const settings = createRoute({
  getParentRoute: () => house,
  path: "/settings",
  component: SettingsPage,
  validateSearch: (search: Record<string, unknown>): { section?: string; provider?: string } => ({
    ...(typeof search.section === "string" ? { section: search.section } : {}),
    ...(typeof search.provider === "string" ? { provider: search.provider } : {}),
  }),
});
const models = createRoute({
  getParentRoute: () => house,
  path: "/models",
  component: lazyRouteComponent(() => import("../routes/models"), "ModelsPage"),
  validateSearch: filtersIn,
});
const addModel = createRoute({
  getParentRoute: () => house,
  path: "/models/add",
  component: lazyRouteComponent(() => import("../routes/addModel"), "AddModelPage"),
  validateSearch: searchIn,
});
const activity = createRoute({
  getParentRoute: () => house,
  path: "/activity",
  component: lazyRouteComponent(() => import("../routes/activity"), "ActivityPage"),
});
const admin = createRoute({
  getParentRoute: () => house,
  path: "/admin",
  component: AdminPage,
  validateSearch: (search: Record<string, unknown>): { section?: string } =>
    typeof search.section === "string" ? { section: search.section } : {},
});
const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: RegisterPage,
  validateSearch: (search: Record<string, unknown>): { invite?: string } =>
    typeof search.invite === "string" ? { invite: search.invite } : {},
});

export const router = createRouter({
  routeTree: root.addChildren([
    house.addChildren([index, chat, studio, models, addModel, activity, admin, settings]),
    register,
  ]),
  basepath: pageBase === "" ? "/" : pageBase,
  defaultPreload: "intent",
  defaultErrorComponent: PageProblem,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
