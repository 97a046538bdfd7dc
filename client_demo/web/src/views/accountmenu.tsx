import { dropDrafts } from "../app/chat";
import { dialog } from "../app/dialogs";
import { attempt } from "../app/explain";
import { client, isGuest } from "../app/session";
import { T } from "../testids";

export const MENU = "account-menu";

/** What one can do about oneself. The browser closes it on Escape and on a press elsewhere. */
export function AccountMenu() {
  const choose = (work: () => void) => (event: Event): void => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
    work();
  };
  return (
    <div class="menu" id={MENU} popover="auto" role="menu" aria-label="Account" onKeyDown={walk}>
      {!isGuest.value && <button role="menuitem" data-testid={T.profileOpen} onClick={choose(() => (dialog.value = { kind: "profile" }))}>My profile</button>}
      <button role="menuitem" data-testid={T.privacyOpen} onClick={choose(() => (dialog.value = { kind: "privacy" }))}>Privacy and my data</button>
      <button role="menuitem" data-testid={T.preferencesOpen} onClick={choose(() => (dialog.value = { kind: "preferences" }))}>Sound, chat and keys</button>
      <button role="menuitem" data-testid={T.ignoredOpen} onClick={choose(() => (dialog.value = { kind: "ignored" }))}>People I ignore</button>
      {!isGuest.value && <button role="menuitem" data-testid={T.botsOpen} onClick={choose(() => (dialog.value = { kind: "bots" }))}>My bots</button>}
      {!isGuest.value && (
        <>
          <button role="menuitem" data-testid={T.signOut} onClick={choose(() => void signOut(false))}>Sign out</button>
          <button role="menuitem" data-testid={T.signOutEverywhere} onClick={choose(() => void signOut(true))}>
            <span>Sign out everywhere<small class="muted">On all your devices</small></span>
          </button>
        </>
      )}
    </div>
  );
}

async function signOut(everywhere: boolean): Promise<void> {
  if (await attempt(client.logout(everywhere))) dropDrafts();
}

/** The arrow keys walk through a menu's items, round its ends. */
function walk(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
}
