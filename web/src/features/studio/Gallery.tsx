import type { Artifact } from "@pluggably/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Box, Sparkles } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ProblemNotice } from "../../common/Notice";
import { gallery, type Kind, nameOf } from "./api";
import { Picture } from "./Picture";
import { works } from "./useWorks";
import { FailedCard, promptOf, WorkCard } from "./WorkCard";
import type { Order, Work } from "./works";

const Lightbox = lazy(() => import("./Lightbox"));

const FILTERS = [
  { kind: null, label: "All" },
  { kind: "image", label: "Images" },
  { kind: "mesh", label: "3D" },
] as const;

interface Props {
  under: readonly Work[];
  /** Take over what something was made with. */
  onReuse: (artifact: Artifact) => void;
  onUseAsInput: (artifact: Artifact) => void;
  /** Whether a mesh can be gone on from. */
  takesMeshes: boolean;
}

/** What was made, newest first; what is under way stands before it. */
export function Gallery({ under, onReuse, onUseAsInput, takesMeshes }: Props) {
  const [kind, setKind] = useState<Kind | null>(null);
  const [openId, setOpenId] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    gallery(kind),
  );
  const artifacts = useMemo(() => (data?.pages ?? []).flatMap((page) => page.artifacts), [data]);
  const shown = under.filter(({ modality }) => kind === null || (kind === "mesh") === (modality === "3d"));
  const open = artifacts.findIndex(({ id }) => id === openId);
  const isEmpty = data !== undefined && artifacts.length === 0 && shown.length === 0;

  const close = () => {
    // Escape brings back whoever leafed on to what they looked at last.
    if (openId !== null) list.current?.querySelector<HTMLElement>(`[data-artifact="${openId}"]`)?.focus();
    setOpenId(null);
  };
  const leaveFor = (act: (artifact: Artifact) => void, artifact: Artifact) => {
    flushSync(() => setOpenId(null)); // nothing behind a dialog can have the focus
    act(artifact);
  };
  const afterErased = (place: number) => {
    const next = artifacts[place + 1] ?? artifacts[place - 1];
    setOpenId(next?.id ?? null);
    if (next === undefined) document.getElementById("main")?.focus();
  };

  return (
    <section aria-label="Gallery" className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="font-semibold">Gallery</h2>
        <fieldset className="flex gap-1 rounded-xl bg-pane p-1">
          <legend className="sr-only">Show</legend>
          {FILTERS.map(({ kind: wanted, label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={kind === wanted}
              onClick={() => setKind(wanted)}
              className="h-8 rounded-lg px-3.5 text-sm text-soft hover:text-ink aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-sm max-sm:h-10"
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
      <Announcements under={under} />
      {error !== null && (
        <ProblemNotice error={error}>
          <button type="button" className="button-plain h-8 px-3" onClick={() => void refetch()}>
            Try again
          </button>
        </ProblemNotice>
      )}
      {isEmpty && <Empty kind={kind} />}
      <ul ref={list} aria-label="Images and meshes" className="grid grid-cols-2 gap-3 sm:grid-cols-3 2xl:grid-cols-4">
        {shown.map((work) =>
          work.phase === "failed" ? (
            <FailedCard
              key={work.requestId}
              work={work}
              onAgain={() => again(work.requestId, work.order)}
              onDismiss={() => works.dismiss(work.requestId)}
            />
          ) : (
            <WorkCard key={work.requestId} work={work} onCancel={() => void works.cancel(work.requestId)} />
          ),
        )}
        {artifacts.map((artifact) => (
          <Card key={artifact.id} artifact={artifact} onOpen={() => setOpenId(artifact.id)} />
        ))}
        {isPending && <Skeletons />}
      </ul>
      {isPending && (
        <p role="status" className="sr-only">
          Loading the gallery…
        </p>
      )}
      {hasNextPage && <More busy={isFetchingNextPage} onMore={() => void fetchNextPage()} />}
      {open >= 0 && (
        <Suspense>
          <Lightbox
            artifacts={artifacts}
            place={open}
            onPlace={(place) => {
              setOpenId(artifacts[place]?.id ?? null);
              if (place >= artifacts.length - 3 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
            }}
            onClose={close}
            onReuse={(artifact) => leaveFor(onReuse, artifact)}
            onUseAsInput={(artifact) => leaveFor(onUseAsInput, artifact)}
            takesMeshes={takesMeshes}
            onErased={() => afterErased(open)}
          />
        </Suspense>
      )}
    </section>
  );
}

function again(requestId: string, order: Order | null): void {
  works.dismiss(requestId);
  if (order !== null) void works.start(order);
}

function Card({ artifact, onOpen }: { artifact: Artifact; onOpen: () => void }) {
  const name = nameOf(artifact);
  return (
    <li className="relative">
      <button
        type="button"
        data-artifact={artifact.id}
        aria-label={artifact.type === "mesh" ? `Open 3D: ${name}` : `Open: ${name}`}
        onClick={onOpen}
        className="group block aspect-square w-full overflow-hidden rounded-2xl border border-line bg-pane"
      >
        <Picture
          artifact={artifact}
          className="size-full object-cover transition-transform duration-300 group-hover:scale-[1.03] motion-reduce:transform-none"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute inset-x-0 bottom-0 line-clamp-2 rounded-b-2xl bg-gradient-to-t from-black/80 to-transparent px-3 pt-8 pb-3 text-left text-xs text-white opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100"
        >
          {name}
        </span>
        {artifact.type === "mesh" && (
          <span
            aria-hidden
            className="absolute top-2 left-2 flex items-center gap-1 rounded-lg bg-raised/90 px-2 py-1 text-xs font-medium shadow-sm"
          >
            <Box className="size-3.5" /> 3D
          </span>
        )}
      </button>
    </li>
  );
}

function Empty({ kind }: { kind: Kind | null }) {
  const what = kind === "mesh" ? "meshes" : kind === "image" ? "images" : "images and meshes";
  return (
    <div className="rounded-2xl border border-dashed border-line px-6 py-16 text-center">
      <Sparkles aria-hidden className="mx-auto size-8 text-link" />
      <p className="mt-3 font-medium">Nothing here yet</p>
      <p className="mx-auto mt-1 max-w-sm text-sm text-soft">
        Describe what you want to see, and press Generate. Your {what} are kept here, with all that it takes to make
        them again.
      </p>
    </div>
  );
}

function Skeletons() {
  return Array.from({ length: 6 }, (_, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
    <li key={place} aria-hidden className="shimmer aspect-square rounded-2xl bg-pane" />
  ));
}

/** Loads on when its place comes into sight; a button for whoever gets there otherwise. */
function More({ busy, onMore }: { busy: boolean; onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = button.current;
    if (element === null || busy) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && onMore(), { rootMargin: "400px" });
    seen.observe(element);
    return () => seen.disconnect();
  }, [busy, onMore]);
  return (
    <button ref={button} type="button" className="button-plain mx-auto flex" disabled={busy} onClick={onMore}>
      {busy ? "Loading…" : "Show more"}
    </button>
  );
}

/** Says what came to its end, for whoever does not see the cards change. */
function Announcements({ under }: { under: readonly Work[] }) {
  const [said, setSaid] = useState("");
  const before = useRef<readonly Work[]>([]);
  useEffect(() => {
    for (const work of before.current) {
      const now = under.find(({ requestId }) => requestId === work.requestId);
      if (now === undefined && work.phase !== "failed" && !work.stopped) setSaid(`Finished: ${promptOf(work)}`);
      if (now?.phase === "failed" && work.phase !== "failed") {
        setSaid(`Failed: ${promptOf(work)}. ${now.problem?.title ?? ""}`);
      }
    }
    before.current = under;
  }, [under]);
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}
