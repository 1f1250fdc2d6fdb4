export function Logo({ className = "size-7" }: { className?: string }) {
  return (
    <svg viewBox="0 0 64 64" className={className} aria-hidden="true">
      <rect width="64" height="64" rx="15" fill="#5046e4" />
      <path d="M24 12v12M40 12v12M32 45v9" stroke="#fff" strokeWidth="6" strokeLinecap="round" />
      <path d="M17 24h30v7a15 15 0 0 1-30 0z" fill="#fff" />
    </svg>
  );
}
