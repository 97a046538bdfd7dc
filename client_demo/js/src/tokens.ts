// Where the session token lives between visits. Storage may be blocked; then it lives in the page.

export interface TokenStore {
  get(): string | null;
  set(token: string | null): void;
}

const KEY = "roomserver.token";

export function browserTokens(): TokenStore {
  let held: string | null = null;
  return {
    get() {
      try {
        return localStorage.getItem(KEY) ?? held;
      } catch {
        return held;
      }
    },
    set(token) {
      held = token;
      try {
        if (token === null) localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, token);
      } catch {
        // The session then ends with the page; there is nothing better to do.
      }
    },
  };
}
