import { useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { room, snapshot } from "../app/room";
import { LIMITS, type RoomUpdateParams, type Snapshot } from "../protocol";
import { T } from "../testids";
import { Field, FormError, useSending } from "./form";
import { Modal } from "./modal";

interface Draft {
  name: string;
  description: string;
  welcome: string;
  private: boolean;
  guests_chat: boolean;
  waitlist_cap: string;
  slow_seconds: string;
  password: string;
  open: boolean;
}

export function SettingsDialog() {
  const before = snapshot.peek();
  const [draft, setDraft] = useState<Draft | null>(before && draftOf(before));
  const { busy, problem, send } = useSending();
  if (!draft || !before) return null;
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = send(async () => {
    const changed = changes(before, draft);
    if (Object.keys(changed).length > 0) await room.peek()?.request("room.update", changed);
    closeDialog();
  });
  return (
    <Modal title="Room settings">
      <form class="stack" onSubmit={save}>
        <Field label="Name" value={draft.name} change={(name) => set({ name })} required maxLength={LIMITS.ROOM_NAME_CHARS} testid="settings-name" />
        <Field label="Description" value={draft.description} change={(description) => set({ description })} maxLength={LIMITS.ROOM_DESCRIPTION_CHARS} testid="settings-description" />
        <Field label="Welcome text" value={draft.welcome} change={(welcome) => set({ welcome })} maxLength={LIMITS.ROOM_WELCOME_CHARS} hint="Stands above the chat" testid="settings-welcome" />
        <div class="pair">
          <Field label="Waitlist places" type="number" value={draft.waitlist_cap} change={(waitlist_cap) => set({ waitlist_cap })} testid="settings-cap" />
          <Field label="Slow mode, seconds" type="number" value={draft.slow_seconds} change={(slow_seconds) => set({ slow_seconds })} testid="settings-slow" />
        </div>
        <Check label="Guests may chat" on={draft.guests_chat} change={(guests_chat) => set({ guests_chat })} />
        <Check label="Private: not in the list of rooms" on={draft.private} change={(isPrivate) => set({ private: isPrivate })} />
        <PasswordFields has={before.settings.password} draft={draft} set={set} />
        <FormError problem={problem} />
        <button class="primary" type="submit" disabled={busy} data-testid={T.settingsSave}>Save</button>
      </form>
    </Modal>
  );
}

function PasswordFields({ has, draft, set }: { has: boolean; draft: Draft; set: (part: Partial<Draft>) => void }) {
  return (
    <>
      {has && <Check label="Remove the password" on={draft.open} change={(open) => set({ open })} />}
      {!draft.open && (
        <Field
          label={has ? "New password" : "Password"}
          type="password"
          value={draft.password}
          change={(password) => set({ password })}
          maxLength={LIMITS.PASSWORD_CHARS_MAX}
          autocomplete="new-password"
          hint={has ? "Empty: keep the present one" : "Empty: everyone may enter"}
          testid="settings-password"
        />
      )}
    </>
  );
}

function Check({ label, on, change }: { label: string; on: boolean; change: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={(event) => change(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

function draftOf({ room: info, settings }: Snapshot): Draft {
  return {
    name: info.name,
    description: info.description,
    welcome: info.welcome,
    private: settings.private,
    guests_chat: settings.guests_chat,
    waitlist_cap: String(settings.waitlist_cap),
    slow_seconds: String(settings.slow_mode_ms / 1000),
    password: "",
    open: false,
  };
}

/** Send only what was changed: two people at once must not undo each other. */
function changes(before: Snapshot, draft: Draft): Omit<RoomUpdateParams, "room"> {
  const { room: info, settings } = before;
  const cap = Number(draft.waitlist_cap);
  const slow = Math.round(Number(draft.slow_seconds) * 1000);
  return {
    ...(draft.name.trim() !== info.name && { name: draft.name.trim() }),
    ...(draft.description !== info.description && { description: draft.description }),
    ...(draft.welcome !== info.welcome && { welcome: draft.welcome }),
    ...(draft.private !== settings.private && { private: draft.private }),
    ...(draft.guests_chat !== settings.guests_chat && { guests_chat: draft.guests_chat }),
    ...(cap !== settings.waitlist_cap && { waitlist_cap: cap }),
    ...(slow !== settings.slow_mode_ms && { slow_mode_ms: slow }),
    ...((draft.open || draft.password !== "") && { password: draft.open ? "" : draft.password }),
  };
}
