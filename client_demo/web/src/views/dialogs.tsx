import { dialog } from "../app/dialogs";
import { CreateRoomDialog } from "./createroom";
import { HistoryDialog } from "./history";
import { IgnoredDialog } from "./ignored";
import { PersonDialog } from "./person";
import { PlaylistsDialog } from "./playlists";
import { SettingsDialog } from "./settings";
import { SignInDialog } from "./signin";
import { SkipDialog } from "./skip";
import { StaffDialog } from "./staff";

export function Dialogs() {
  const open = dialog.value;
  switch (open?.kind) {
    case undefined:
      return null;
    case "sign-in":
      return <SignInDialog tab={open.tab} />;
    case "create-room":
      return <CreateRoomDialog />;
    case "playlists":
      return <PlaylistsDialog />;
    case "history":
      return <HistoryDialog />;
    case "staff":
      return <StaffDialog />;
    case "settings":
      return <SettingsDialog />;
    case "ignored":
      return <IgnoredDialog />;
    case "skip":
      return <SkipDialog playId={open.playId} />;
    case "person":
      return <PersonDialog key={open.user.id} user={open.user} />;
  }
}
