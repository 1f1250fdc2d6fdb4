import { Link } from "@tanstack/react-router";
import { Front } from "../features/account/Front";

export function NotFoundPage() {
  return (
    <Front title="There is no such page">
      <Link to="/" className="button-primary w-full">
        To the chats
      </Link>
    </Front>
  );
}
