interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** The next page of a list, where there is one. */
export function MoreButton({ query }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <div className="flex justify-center pt-4">
      <button
        type="button"
        className="button-plain"
        disabled={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {query.isFetchingNextPage ? "Loading…" : "Show more"}
      </button>
    </div>
  );
}
