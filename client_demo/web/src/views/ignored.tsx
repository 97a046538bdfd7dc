import { useState } from "preact/hooks";
import { hiddenWords, type Hidden } from "../app/hiding";
import { ignored, ignoredIds, setIgnored } from "../app/ignored";
import type { User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Message } from "./message";
import { Modal } from "./modal";

export function IgnoreButton({ user }: { user: User }) {
  const on = ignoredIds.value.has(user.id);
  return <button data-testid={T.userIgnore} onClick={() => void setIgnored(user, !on)}>{on ? "Hear again" : "Ignore"}</button>;
}

/** What ignored users said: a quiet line, and the messages for who wants to see them. */
export function HiddenMessages({ entry }: { entry: Hidden }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <p class="played" aria-live="off" data-testid={T.hiddenMessages}>
        {hiddenWords(entry.messages)} · <button class="inline-name" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide" : "Show"}</button>
      </p>
      {open && entry.messages.map((message) => <Message key={message.id} message={message} />)}
    </>
  );
}

export function IgnoredDialog() {
  return (
    <Modal title="People you ignore">
      <p class="muted">You do not see what they write. They are not told.</p>
      {ignored.value.length === 0 && <p class="empty-note">You hear everybody.</p>}
      <ul class="rows" data-testid={T.ignoredList}>
        {ignored.value.map((user) => (
          <li key={user.id}>
            <Avatar user={user} size="small" />
            <span class="row-text"><span class="row-title">{user.name}</span></span>
            <button data-testid={T.ignoredUndo} onClick={() => void setIgnored(user, false)}>Hear again</button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
