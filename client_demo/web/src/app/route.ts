// Which page is shown: the lobby at "/", a room at "/r/<slug>".
import { signal } from "@preact/signals";

export type Route = { page: "lobby" } | { page: "room"; slug: string };

export const route = signal<Route>(read());

export function roomPath(slug: string): string {
  return `/r/${encodeURIComponent(slug)}`;
}

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  route.value = read();
  window.scrollTo(0, 0);
}

/** Follow a link inside the page, but leave new tabs and downloads to the browser. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go((event.currentTarget as HTMLAnchorElement).pathname);
}

export function startRouter(): void {
  window.addEventListener("popstate", () => {
    route.value = read();
  });
}

function read(): Route {
  const match = /^\/r\/(.+?)\/?$/.exec(location.pathname);
  if (!match?.[1]) return { page: "lobby" };
  try {
    return { page: "room", slug: decodeURIComponent(match[1]) };
  } catch {
    return { page: "lobby" };
  }
}
