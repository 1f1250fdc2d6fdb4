import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useNarrow } from "../../common/device";
import { type HandedImage, type Handover, handOver, type Place } from "../../common/handover";
import { usePreference } from "../account/preferences";
import {
  BEGINNING,
  choiceIn,
  followed,
  type Layout,
  type LayoutChoice,
  layoutOf,
  type Modality,
  placeOf,
} from "./layout";

const KEY = "layout";
const PATHS = { chat: "/", studio: "/studio" } as const;

/** The layout that is shown, who decides it, and how to decide. */
export function useLayout() {
  const { value, save } = usePreference<LayoutChoice>(KEY, BEGINNING);
  const narrow = useNarrow();
  const place = usePlace();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const choice = choiceIn(value);
  /** Keep a choice; the page stays where it is. */
  const put = async (next: LayoutChoice) => {
    setError(null);
    await save(next).catch(setError);
  };
  /** Keep a choice and go where it leads. */
  const choose = async (next: LayoutChoice) => {
    const saved = put(next);
    if (next.mode !== "auto" && next.layout !== "compact" && next.layout !== place) {
      await navigate({ to: PATHS[next.layout] });
    }
    await saved;
  };
  return { choice, layout: layoutOf(choice, place, narrow), put, choose, error };
}

let started = false;

/** Opens the Studio first where somebody wants to begin in it. */
export function useStart(): void {
  const { choice } = useLayout();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    if (started) return;
    started = true;
    if (pathname === PATHS.chat && choice.mode !== "auto" && choice.layout === "studio") {
      void navigate({ to: PATHS.studio, replace: true });
    }
  }, [pathname, choice, navigate]);
}

function usePlace(): Place {
  const { pathname } = useLocation();
  return pathname.startsWith(PATHS.studio) ? "studio" : "chat";
}

function isAt(place: Place, pathname: string): boolean {
  if (place === "studio") return pathname.startsWith(PATHS.studio);
  return pathname === PATHS.chat || pathname.startsWith("/chat/");
}

/** That the page has moved with a model, or might. */
export interface Move {
  kind: "moved" | "offered";
  /** The model's name. */
  model: string;
  brought: Handover;
  from: Place;
  /** Where the page was. */
  back: string;
}

let move: Move | null = null;
const listeners = new Set<() => void>();

function tell(next: Move | null): void {
  move = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What there is to tell of the page's moving, and what can be done about it. */
export function useMove() {
  const { choose } = useLayout();
  const navigate = useNavigate();
  const shown = useSyncExternalStore(subscribe, () => move);
  const { pathname } = useLocation();
  const seen = useRef<Move | null>(null);
  useEffect(() => {
    if (shown === null) return;
    // It speaks of the page that is shown: with another page it goes.
    const about = shown.kind === "moved" ? shown.brought.to : shown.from;
    if (isAt(about, pathname)) seen.current = shown;
    else if (seen.current === shown) tell(null);
  }, [shown, pathname]);
  const dismiss = () => tell(null);
  const go = async () => {
    if (shown === null) return;
    tell(null);
    handOver(shown.brought);
    await navigate({ to: PATHS[shown.brought.to] });
  };
  const undo = async () => {
    if (shown === null) return;
    tell(null);
    handOver({ ...shown.brought, to: shown.from });
    await navigate({ to: shown.back });
  };
  const lock = async () => {
    if (shown === null) return;
    const { from } = shown;
    if (shown.kind === "moved") await undo();
    else tell(null);
    const layout: Layout = from;
    await choose({ mode: "locked", layout });
  };
  return { move: shown, dismiss, go, undo, lock };
}

interface Chosen {
  id: string;
  name: string;
  modality: Modality;
}

/**
 * To be called when a model is chosen, with what was written so far: takes both to the page that suits the model, or
 * offers to. True where the page moves, so that the choice is not this page's.
 */
export function useFollow(): (model: Chosen, prompt: string, images?: readonly HandedImage[]) => boolean {
  const { choice } = useLayout();
  const place = usePlace();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (model, prompt, images = []) => {
    const what = followed(choice, place, model.modality);
    if (what === "stays") {
      tell(null);
      return false;
    }
    const brought: Handover = {
      to: placeOf(model.modality),
      model: model.id,
      modality: model.modality,
      prompt,
      images,
    };
    const about = { model: model.name, brought, from: place, back: pathname };
    tell({ ...about, kind: what === "moves" ? "moved" : "offered" });
    if (what === "offers") return false;
    handOver(brought);
    void navigate({ to: PATHS[brought.to] });
    return true;
  };
}
