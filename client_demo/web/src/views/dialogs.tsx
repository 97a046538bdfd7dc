import { dialog } from "../app/dialogs";
import { IgnoredDialog } from "./ignored";
import { lazy } from "./lazy";

const BotsDialog = lazy(() => import("./bots").then((part) => part.BotsDialog));
const CreateRoomDialog = lazy(() => import("./createroom").then((part) => part.CreateRoomDialog));
const HistoryDialog = lazy(() => import("./history").then((part) => part.HistoryDialog));
const PersonDialog = lazy(() => import("./person").then((part) => part.PersonDialog));
const PlaylistsDialog = lazy(() => import("./playlists").then((part) => part.PlaylistsDialog));
const PreferencesDialog = lazy(() => import("./preferences").then((part) => part.PreferencesDialog));
const PrivacyDialog = lazy(() => import("./privacy/dialog").then((part) => part.PrivacyDialog));
const ProfileDialog = lazy(() => import("./profile").then((part) => part.ProfileDialog));
const SignInDialog = lazy(() => import("./signin").then((part) => part.SignInDialog));
const SettingsDialog = lazy(() => import("./settings").then((part) => part.SettingsDialog));
const SkipDialog = lazy(() => import("./skip").then((part) => part.SkipDialog));
const StaffDialog = lazy(() => import("./staff").then((part) => part.StaffDialog));

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
    case "preferences":
      return <PreferencesDialog />;
    case "profile":
      return <ProfileDialog />;
    case "bots":
      return <BotsDialog />;
    case "privacy":
      return <PrivacyDialog />;
    case "skip":
      return <SkipDialog playId={open.playId} />;
    case "person":
      return <PersonDialog key={open.user.id} user={open.user} />;
  }
}
