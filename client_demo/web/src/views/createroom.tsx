import { useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { go, roomPath } from "../app/route";
import { client } from "../app/session";
import { LIMITS } from "@roomserver/client";
import { Check, Field, FormError, useSending } from "./form";
import { Modal } from "./modal";

export function CreateRoomDialog() {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState("");
  const [description, setDescription] = useState("");
  const [isPrivate, setPrivate] = useState(false);
  const { busy, problem, send } = useSending();
  const create = send(async () => {
    const address = slug.trim().toLowerCase();
    const { room } = await client.request("room.create", { name: name.trim(), description: description.trim(), private: isPrivate, ...(address && { slug: address }) });
    closeDialog();
    go(roomPath(room.slug));
  });
  return (
    <Modal title="Create a room">
      <form class="stack" onSubmit={create}>
        <Field label="Name" value={name} change={setName} required maxLength={LIMITS.ROOM_NAME_CHARS} testid="room-name" />
        <Field label="What is it about?" value={description} change={setDescription} maxLength={LIMITS.ROOM_DESCRIPTION_CHARS} testid="room-description" />
        <Field label="Address" value={slug} change={setSlug} maxLength={32} placeholder={slugOf(name)} hint="Small letters, digits and hyphens; empty: made from the name" testid="room-slug" />
        <Check label="Private: not in the list of rooms" on={isPrivate} change={setPrivate} testid="room-private" />
        <FormError problem={problem} />
        <button class="primary" type="submit" disabled={busy} data-testid="room-submit">Create</button>
      </form>
    </Modal>
  );
}

/** About what the server will make of a name. */
function slugOf(name: string): string {
  return name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 32);
}
