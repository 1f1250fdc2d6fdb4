import type { Artifact } from "@pluggably/client";
import { Grid3x3, Minus, Moon, Plus, RotateCcw, RotateCw, Sun } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { client } from "../../common/connection";
import { count } from "../../common/format";
import { endingOf, nameOf } from "./api";
import type { Background, MeshScene } from "./meshScene";

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const DARK = matchMedia("(prefers-color-scheme: dark)");

type State = "loading" | "shown" | { failed: string };

/** A mesh that can be turned by mouse, touch and keyboard. */
export function MeshViewer({ artifact }: { artifact: Artifact }) {
  const box = useRef<HTMLDivElement>(null);
  const scene = useRef<MeshScene | null>(null);
  const keys = useId();
  const [state, setState] = useState<State>("loading");
  const [loaded, setLoaded] = useState<number | null>(null);
  const [triangles, setTriangles] = useState(artifact.faces ?? 0);
  const [wireframe, setWireframe] = useState(false);
  const [rotating, setRotating] = useState(!CALM.matches);
  const [background, setBackground] = useState<Background>(startBackground);
  const look = useRef({ wireframe, rotating, background });
  look.current = { wireframe, rotating, background };

  useEffect(() => {
    const end = new AbortController();
    setState("loading");
    const show = async () => {
      const onProgress = ({ loaded: got, total }: { loaded: number; total: number | null }) => {
        if (total !== null && !end.signal.aborted) setLoaded(Math.round((100 * got) / total));
      };
      const format = endingOf(artifact) === "glb" ? {} : { format: "glb" as const };
      const [{ MeshScene: Scene }, file] = await Promise.all([
        import("./meshScene"),
        client().getArtifact(artifact.id, { signal: end.signal, onProgress, ...format }),
      ]);
      if (end.signal.aborted || box.current === null) return;
      const made = await Scene.of(box.current, file);
      if (end.signal.aborted) {
        made.dispose();
        return;
      }
      scene.current = made;
      made.wireframe = look.current.wireframe;
      made.background = look.current.background;
      made.rotating = look.current.rotating;
      setTriangles(made.triangles);
      setState("shown");
    };
    show().catch((error: unknown) => {
      if (!end.signal.aborted) setState({ failed: reasonOf(error) });
    });
    return () => {
      end.abort();
      scene.current?.dispose();
      scene.current = null;
    };
  }, [artifact]);
  useEffect(() => {
    if (scene.current !== null) scene.current.wireframe = wireframe;
  }, [wireframe]);
  useEffect(() => {
    if (scene.current !== null) scene.current.rotating = rotating;
  }, [rotating]);
  useEffect(() => {
    if (scene.current !== null) scene.current.background = background;
  }, [background]);

  const reset = () => {
    setRotating(false);
    scene.current?.reset();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = KEYS[event.key];
    if (act === undefined || scene.current === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows turn the mesh here, and lead on elsewhere
    act(scene.current);
  };

  return (
    <div className="relative size-full min-h-0 overflow-hidden">
      <div
        ref={box}
        role="application"
        aria-label={`3D view of ${nameOf(artifact)}`}
        aria-describedby={keys}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys turn what is in it
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={() => setRotating(false)}
        data-shown={typeof state === "string" ? state : "failed"}
        className={`size-full focus-visible:-outline-offset-4 ${background === "dark" ? "bg-[#17171d]" : "bg-[#f1f1f6]"}`}
      />
      <p id={keys} className="sr-only">
        Arrow keys turn it, plus and minus zoom, 0 resets the view.
      </p>
      {state === "loading" && (
        <p
          role="status"
          className="pointer-events-none absolute inset-0 flex items-center justify-center gap-2.5 text-sm text-[#6b6b78]"
        >
          <span aria-hidden className="pulse-dot size-2.5 rounded-full bg-accent" />
          {loaded === null ? "Loading the mesh…" : `Loading the mesh: ${loaded} %…`}
        </p>
      )}
      {typeof state === "object" && (
        <p
          role="alert"
          className={`absolute inset-0 m-auto flex max-w-sm items-center justify-center p-6 text-center text-sm ${background === "dark" ? "text-[#ececf1]" : "text-[#1c1c22]"}`}
        >
          {state.failed} It can be downloaded all the same.
        </p>
      )}
      {state === "shown" && (
        <>
          <p className="pointer-events-none absolute top-3 left-3 rounded-lg bg-raised/85 px-2.5 py-1 text-xs tabular-nums">
            {count(triangles)} triangles
          </p>
          <div
            role="toolbar"
            aria-label="3D view"
            className="absolute inset-x-0 bottom-3 mx-auto flex w-fit gap-0.5 rounded-xl border border-line bg-raised/95 p-1 shadow-lg"
          >
            <Tool label="Zoom in" onClick={() => scene.current?.zoom(2)}>
              <Plus aria-hidden className="size-4" />
            </Tool>
            <Tool label="Zoom out" onClick={() => scene.current?.zoom(-2)}>
              <Minus aria-hidden className="size-4" />
            </Tool>
            <Tool label="Reset the view" onClick={reset}>
              <RotateCcw aria-hidden className="size-4" />
            </Tool>
            <Tool label="Turn by itself" pressed={rotating} onClick={() => setRotating(!rotating)}>
              <RotateCw aria-hidden className="size-4" />
            </Tool>
            <Tool label="Wireframe" pressed={wireframe} onClick={() => setWireframe(!wireframe)}>
              <Grid3x3 aria-hidden className="size-4" />
            </Tool>
            <Tool
              label="Dark background"
              pressed={background === "dark"}
              onClick={() => setBackground(background === "dark" ? "light" : "dark")}
            >
              {background === "dark" ? (
                <Moon aria-hidden className="size-4" />
              ) : (
                <Sun aria-hidden className="size-4" />
              )}
            </Tool>
          </div>
        </>
      )}
    </div>
  );
}

function Tool(props: { label: string; pressed?: boolean; onClick: () => void; children: ReactNode }) {
  const { label, pressed, onClick, children } = props;
  return (
    <button
      type="button"
      className="icon-button aria-pressed:bg-tint aria-pressed:text-link max-sm:size-10"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

const KEYS: Record<string, (scene: MeshScene) => void> = {
  ArrowLeft: (scene) => scene.turn(-1, 0),
  ArrowRight: (scene) => scene.turn(1, 0),
  ArrowUp: (scene) => scene.turn(0, -1),
  ArrowDown: (scene) => scene.turn(0, 1),
  "+": (scene) => scene.zoom(1),
  "=": (scene) => scene.zoom(1),
  "-": (scene) => scene.zoom(-1),
  "0": (scene) => scene.reset(),
};

function startBackground(): Background {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme === undefined && DARK.matches) ? "dark" : "light";
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith("This browser") ? message : `The mesh can't be shown: ${message}`;
}
