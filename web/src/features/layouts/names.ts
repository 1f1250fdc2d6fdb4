export const LAYOUT_NAMES = {
  chat: { label: "Chat", help: "For text" },
  studio: { label: "Studio", help: "For images and 3D" },
  compact: { label: "Compact", help: "One column, as on phones" },
} as const;

export const MODE_NAMES = {
  auto: { label: "Automatic", help: "Text opens in the chat, images and 3D in the Studio; phones get one column." },
  manual: { label: "By hand", help: "The one that you choose; another is offered where it would suit better." },
  locked: { label: "Locked", help: "The one that you choose. It never changes by itself, and nothing is offered." },
} as const;
