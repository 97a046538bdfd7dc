import { useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { go, roomPath } from "../app/route";
import { client } from "../app/session";
import { LIMITS } from "../protocol";
import { Field, FormError, useSending } from "./form";
import { Modal } from "./modal";

export function CreateRoomDialog() {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [isPrivate, setPrivate] = useState(false);
  const { busy, problem, send } = useSending();
  const create = send(async () => {
    const { room } = await client.request("room.create", { name: name.trim(), description: description.trim(), private: isPrivate });
    closeDialog();
    go(roomPath(room.slug));
  });
  return (
    <Modal title="Create a room">
      <form class="stack" onSubmit={create}>
        <Field label="Name" value={name} change={setName} required maxLength={LIMITS.ROOM_NAME_CHARS} testid="room-name" />
        <Field label="What is it about?" value={description} change={setDescription} maxLength={LIMITS.ROOM_DESCRIPTION_CHARS} testid="room-description" />
        <label class="check">
          <input type="checkbox" checked={isPrivate} onChange={(event) => setPrivate(event.currentTarget.checked)} />
          <span>Private: not in the list of rooms</span>
        </label>
        <FormError problem={problem} />
        <button class="primary" type="submit" disabled={busy} data-testid="room-submit">Create</button>
      </form>
    </Modal>
  );
}
